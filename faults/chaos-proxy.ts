import { connect, createServer, type Socket } from 'node:net'

/** What happens to bytes on their way; may be changed while they are. */
export interface Chaos {
  /** Milliseconds each way, and up to so many more. */
  delayMs: number
  jitterMs: number
  /** Bytes a second each way; 0: no limit. */
  bytesPerSecond: number
  /**
   * Share of chunks that are lost, 0..1. TCP hides loss: what its two ends see is a stall for a retransmission time, and, when loss goes on, a connection
   * that ends. So a lost chunk waits, and `lostInARow` of them end the connection.
   */
  loss: number
  /** Share of chunks after which the connection is reset, 0..1. */
  resets: number
  /** Bytes are taken and go nowhere, and nobody is told. A connection that lost bytes so is reset when the network heals and one end speaks: TCP has no holes. */
  halfOpen: boolean
  /** New connections are reset. */
  refuses: boolean
}

export const CALM: Chaos = { delayMs: 0, jitterMs: 0, bytesPerSecond: 0, loss: 0, resets: 0, halfOpen: false, refuses: false }

const RETRANSMIT_MS = 200
const LOST_IN_A_ROW = 5
/** Bytes that wait in the proxy before it stops reading: a network holds no more. */
const HELD_BYTES = 256 * 1024

export interface ChaosProxy {
  readonly port: number
  readonly chaos: Chaos
  /** `reachedMs`: when the target last took a connection, as `performance.now()`. */
  readonly counters: {
    connections: number
    resets: number
    stalls: number
    forwardedBytes: number
    swallowedBytes: number
    reachedMs: number
  }
  /** Resets every connection there is. */
  resetAll(): void
  stop(): Promise<void>
}

/**
 * A TCP proxy on loopback that does to a connection what bad networks do. The same seed makes the same draws in the same order; when bytes arrive in
 * other chunks, they fall on others.
 */
export async function startChaosProxy(
  target: { port: number; host?: string },
  random: () => number,
  chaos: Partial<Chaos> = {},
): Promise<ChaosProxy> {
  const sockets = new Set<Socket>()
  const state: Chaos = { ...CALM, ...chaos }
  const counters = { connections: 0, resets: 0, stalls: 0, forwardedBytes: 0, swallowedBytes: 0, reachedMs: 0 }
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    near.on('error', () => undefined) // the other side is told by `close`
    if (state.refuses) return void near.resetAndDestroy()
    counters.connections++
    const far = connect({ port: target.port, host: target.host ?? '127.0.0.1', noDelay: true, allowHalfOpen: true })
    far.on('error', () => undefined)
    far.on('connect', () => {
      counters.reachedMs = performance.now()
    })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    const reset = () => {
      counters.resets++
      for (const socket of [near, far]) socket.resetAndDestroy()
    }
    const pair = { state, counters, random, reset, hasHole: false }
    forward(near, far, pair)
    forward(far, near, pair)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const resetAll = () => {
    if (sockets.size > 0) counters.resets++
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    ...{ port: (server.address() as { port: number }).port, chaos: state, counters, resetAll },
    stop: () => {
      resetAll()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** What both directions of a connection share. */
interface Pair {
  readonly state: Chaos
  readonly counters: ChaosProxy['counters']
  readonly random: () => number
  readonly reset: () => void
  /** Bytes of it were swallowed. */
  hasHole: boolean
}

/** One direction. Order is kept whatever the delays: no chunk, and no end, leaves before the one ahead of it. */
function forward(from: Socket, to: Socket, pair: Pair): void {
  const { state, counters, random, reset } = pair
  const waiting: { dueMs: number; bytes: Buffer | 'end' }[] = []
  let timer: NodeJS.Timeout | undefined
  let freeMs = 0
  let held = 0
  let lost = 0
  const wake = () => {
    const [first] = waiting
    if (first) timer ??= setTimeout(release, Math.max(0, first.dueMs - performance.now()))
  }
  const release = () => {
    timer = undefined
    const next = waiting.shift()
    if (next?.bytes === 'end') to.end()
    else if (next) {
      held -= next.bytes.length
      counters.forwardedBytes += next.bytes.length
      if (held <= HELD_BYTES) from.resume()
      to.write(next.bytes)
    }
    wake()
  }
  const later = (bytes: Buffer | 'end', extraMs = 0) => {
    const sendMs = state.bytesPerSecond > 0 && bytes !== 'end' ? (1000 * bytes.length) / state.bytesPerSecond : 0
    freeMs = Math.max(performance.now() + state.delayMs + random() * state.jitterMs, freeMs) + extraMs + sendMs
    waiting.push({ dueMs: freeMs, bytes })
    wake()
  }
  from.on('data', (bytes: Buffer) => {
    if (state.halfOpen) {
      counters.swallowedBytes += bytes.length
      pair.hasHole = true
      return
    }
    if (pair.hasHole || random() < state.resets) return reset()
    const isLost = random() < state.loss
    lost = isLost ? lost + 1 : 0
    counters.stalls += isLost ? 1 : 0
    if (lost >= LOST_IN_A_ROW) return reset()
    held += bytes.length
    if (held > HELD_BYTES) from.pause()
    later(bytes, isLost ? RETRANSMIT_MS : 0)
  })
  from.on('end', () => !state.halfOpen && later('end'))
  from.on('close', () => {
    // An end with an error is told at once, as a reset is; after a clean one what is under way still arrives.
    if (!from.errored) return
    clearTimeout(timer)
    if (!state.halfOpen) to.resetAndDestroy()
  })
}
