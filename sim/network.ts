import { NotConnected } from '../src/core/errors.ts'
import type { Channel, Listening, Peer, Transport } from '../src/core/link.ts'
import type { Life, Scheduler } from './clock.ts'
import { between, chance, type Random, whole } from './random.ts'

/** Bytes that wait on a line before its sender has to: buffers of both machines. */
const WINDOW_BYTES = 256 * 1024

/** How the way between two nodes is just now; `there` leads from the one that dials. */
export interface Path {
  blockedThere: boolean
  blockedBack: boolean
  delayMs: number
  bytesPerMs: number
}

interface Flight {
  readonly frame: Uint8Array | undefined
  /** Bytes that were paid for, back when the receiver has read them. */
  readonly bytes: number
}

/** One direction of a line. Frames arrive whole and in order, or the line ends. */
interface Pipe {
  readonly isBlocked: () => boolean
  /** In the air, in order; each has its time to land. */
  readonly flights: Flight[]
  /** A firewall between has forgotten the line: nothing of it arrives any more, and nobody is told. */
  isForgotten: boolean
  /** Landings that a blocked path put off. */
  stalled: number
  readonly inbox: Uint8Array[]
  lastDueMs: number
  outstanding: number
  wakeReceiver: (() => void) | undefined
  waitingSenders: (() => void)[]
}

interface End {
  readonly life: Life
  isOver: boolean
  /** What it receives, and what it sends. */
  readonly incoming: Pipe
  readonly outgoing: Pipe
  other: End | undefined
}

interface Line {
  readonly path: Path
  readonly dialler: End
  readonly listener: End
}

interface Listener {
  readonly life: Life
  readonly onChannel: (channel: Channel) => void
}

/** Lines between nodes, with everything that can happen to them. */
export class Network {
  /** Most bytes that ever waited on one direction of a line. */
  maxOutstanding = 0
  readonly paths = new Map<string, Path>()
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #listeners = new Map<string, Listener>()
  #lines: Line[] = []

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler
    this.#random = random
  }

  path(from: string, to: string): Path {
    const key = `${from} ${to}`
    const known = this.paths.get(key)
    if (known) return known
    const path = { blockedThere: false, blockedBack: false, delayMs: 5, bytesPerMs: 10_000 }
    this.paths.set(key, path)
    return path
  }

  /** What a node's program is given to reach the others. */
  transport(node: string, to: string | undefined, listens: boolean, life: Life, mayForward: boolean): Transport {
    return {
      ...(to && { endpoint: to, dial: (stop) => this.#dial({ node, address: node, mayForward }, to, life, stop) }),
      ...(listens && { listen: async (onChannel) => this.#listen(node, life, onChannel) }),
    }
  }

  /** After a change of a path: what waited for it goes on, or is never heard of again. */
  heal(path: Path): void {
    for (const line of this.#lines) {
      if (line.path !== path) continue
      if ([line.dialler, line.listener].some((end) => end.outgoing.stalled > 0) && chance(this.#random, 0.5))
        for (const end of [line.dialler, line.listener]) end.outgoing.isForgotten = true
      for (const end of [line.dialler, line.listener])
        for (const pipe = end.outgoing; pipe.stalled > 0 && !pipe.isBlocked(); pipe.stalled--)
          this.#scheduler.after(path.delayMs, undefined, () => this.#land(end))
    }
  }

  /** Every line of the path breaks, for both ends. */
  reset(path: Path): void {
    for (const line of this.#lines.filter((line) => line.path === path)) {
      this.#finish(line.dialler)
      this.#finish(line.listener)
    }
    this.#forget()
  }

  /** A program is gone. Where its machine still lives, the other ends hear of it. */
  drop(life: Life, isHeard: boolean): void {
    for (const line of this.#lines)
      for (const end of [line.dialler, line.listener]) {
        if (end.life !== life || end.isOver) continue
        end.isOver = true
        if (isHeard) this.#launch(end, { frame: undefined, bytes: 0 }, line.path)
      }
    this.#forget()
  }

  #listen(node: string, life: Life, onChannel: (channel: Channel) => void): Listening {
    this.#listeners.set(node, { life, onChannel })
    return {
      address: node,
      close: async () => {
        this.#listeners.delete(node)
        for (const line of this.#lines) if (line.listener.life === life) this.#close(line.listener, line.path, true)
        this.#forget()
      },
    }
  }

  async #dial(from: Peer, to: string, life: Life, stop: AbortSignal): Promise<Channel> {
    const path = this.path(from.node, to)
    const isCut = () => path.blockedThere || path.blockedBack
    await this.#wait(3 * path.delayMs, life)
    const listener = this.#listeners.get(to)
    const isGone = !listener || listener.life.isOver
    // A machine that is off answers nothing; one whose program is off refuses.
    if (isCut() || (isGone && chance(this.#random, 0.3))) {
      await new Promise<void>((resolve) => {
        if (stop.aborted) return resolve()
        stop.addEventListener('abort', () => resolve(), { once: true })
      })
      throw new NotConnected('no answer')
    }
    if (isGone) throw new NotConnected('connection refused')
    if (stop.aborted) throw new NotConnected('given up')
    const [there, back] = [this.#pipe(() => path.blockedThere), this.#pipe(() => path.blockedBack)]
    const dialler: End = { life, isOver: false, incoming: back, outgoing: there, other: undefined }
    const end: End = { life: listener.life, isOver: false, incoming: there, outgoing: back, other: dialler }
    dialler.other = end
    const line = { path, dialler, listener: end }
    this.#lines.push(line)
    this.#scheduler.after(path.delayMs, listener.life, () => listener.onChannel(this.#channel(end, line, from)))
    return this.#channel(dialler, line, { node: to, address: to, mayForward: false })
  }

  #channel(end: End, { path }: Line, peer: Peer): Channel {
    const gone = () => new NotConnected('the line has ended')
    return {
      peer: { ...peer, certificate: '01' },
      get queuedBytes() {
        return end.outgoing.outstanding
      },
      send: async (frame) => {
        if (end.isOver) throw gone()
        const pipe = end.outgoing
        pipe.outstanding += frame.length
        this.maxOutstanding = Math.max(this.maxOutstanding, pipe.outstanding - frame.length)
        this.#scheduler.note(frame)
        this.#launch(end, { frame: frame.slice(), bytes: frame.length }, path)
        while (pipe.outstanding > WINDOW_BYTES && !end.isOver)
          await new Promise<void>((resolve) => {
            pipe.waitingSenders.push(resolve)
          })
        if (end.isOver) throw gone()
      },
      receive: async () => {
        const pipe = end.incoming
        while (pipe.inbox.length === 0) {
          if (end.isOver) throw gone()
          await new Promise<void>((resolve) => {
            pipe.wakeReceiver = resolve
          })
        }
        const frame = pipe.inbox.shift() as Uint8Array
        pipe.outstanding -= frame.length
        for (const wake of pipe.waitingSenders.splice(0)) wake()
        return frame
      },
      close: async (isClean = true) => {
        this.#close(end, path, isClean)
        this.#forget()
      },
    }
  }

  #pipe(isBlocked: () => boolean): Pipe {
    return {
      ...{ isBlocked, flights: [], isForgotten: false, stalled: 0, inbox: [], lastDueMs: 0, outstanding: 0 },
      ...{ wakeReceiver: undefined, waitingSenders: [] },
    }
  }

  /** A flight without a frame says that nothing follows. */
  #launch(from: End, flight: Flight, path: Path): void {
    const pipe = from.outgoing
    const { nowMs } = this.#scheduler
    pipe.flights.push(flight)
    pipe.lastDueMs = Math.max(pipe.lastDueMs, nowMs + path.delayMs * between(this.#random, 0.5, 2)) + flight.bytes / path.bytesPerMs
    this.#scheduler.after(pipe.lastDueMs - nowMs, undefined, () => this.#land(from))
  }

  /** The oldest of what is in the air arrives, unless the path is blocked: then it waits for the path, in its place. */
  #land(from: End): void {
    const pipe = from.outgoing
    const to = from.other as End
    if (pipe.isForgotten) return
    if (pipe.isBlocked()) {
      pipe.stalled++
      return
    }
    const flight = pipe.flights.shift()
    if (!flight) return
    if (to.isOver || to.life.isOver) {
      // Nobody there any more: the machine says so.
      if (flight.frame && !to.outgoing.isBlocked() && !to.outgoing.isForgotten) this.#finish(from)
    } else if (flight.frame) {
      pipe.inbox.push(flight.frame)
      pipe.wakeReceiver?.()
    } else {
      this.#finish(to)
      this.#forget()
    }
  }

  #close(end: End, path: Path, isClean: boolean): void {
    if (end.isOver) return
    const pipe = end.outgoing
    if (!isClean) pipe.flights.splice(whole(this.#random, 0, pipe.flights.length))
    this.#finish(end)
    this.#launch(end, { frame: undefined, bytes: 0 }, path)
  }

  #finish(end: End): void {
    if (end.isOver) return
    end.isOver = true
    end.incoming.wakeReceiver?.()
    for (const wake of end.outgoing.waitingSenders.splice(0)) wake()
  }

  #forget(): void {
    this.#lines = this.#lines.filter(({ dialler, listener }) => {
      const isOver = (end: End) => end.isOver || end.life.isOver
      return !(isOver(dialler) && isOver(listener))
    })
  }

  #wait(ms: number, life: Life): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.after(ms, life, resolve)
    })
  }
}
