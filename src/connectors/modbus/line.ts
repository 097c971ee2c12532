import { connect as connectSocket, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { NotConnected } from '../../core/errors.ts'
import type { OnExchange } from '../../core/flows.ts'
import { fault, networkFault } from '../../core/peer-faults.ts'
import type { Clock } from '../../core/time.ts'
import {
  type Cut,
  cutRtu,
  cutTcp,
  encodeRtu,
  encodeTcp,
  type Frame,
  PARTIAL_MAX,
  READ_FUNCTION,
  type ReadRequest,
  readContent,
} from './frame.ts'

export interface LineOptions {
  readonly host: string
  readonly port: number
  readonly framing: 'tcp' | 'rtu-over-tcp'
  /** For the connection and for each answer, in milliseconds. */
  readonly timeout: number
  readonly clock: Clock
  readonly onExchange?: OnExchange | undefined
}

/** What a request came to. `broken`: the stream cannot be followed any more, the line is closed. */
export type Answer =
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'exception'; readonly code: number }
  | { readonly kind: 'silent' /** Bytes of an unfinished frame that came. */; readonly received: number }
  | { readonly kind: 'malformed'; readonly detail: string; readonly broken: boolean }

/** Frames of other transactions that one request waits through before the line is given up. */
const STRAY_FRAMES = 64
/** Bytes nobody asked for that an idle line takes before it is given up. */
const UNASKED_BYTES = 64 * 1024

interface Pending {
  readonly request: ReadRequest
  readonly transaction: number
  stray: number
  readonly settle: (answer: Answer) => void
  readonly fail: (error: NotConnected) => void
}

/**
 * One TCP connection with one request under way at a time. The peer is not trusted: its bytes are bounded, an answer counts only with the right
 * transaction, unit, function code and byte count, and nothing it sends throws. Requests resolve with an Answer; they reject
 * with NotConnected only when the line is lost.
 */
export class ModbusLine {
  /** Round trip of the last request that was answered. */
  latencyMs: number | undefined
  readonly #options: LineOptions
  #socket: Socket | undefined
  #buffer: Buffer = Buffer.alloc(0)
  #pending: Pending | undefined
  #transaction = 0
  /** An answer that came too late may still be on its way, perhaps half of it in the buffer. */
  #late = false
  #unasked = 0
  #lost: NotConnected | undefined

  constructor(options: LineOptions) {
    this.#options = options
  }

  /** Opens the connection. Throws NotConnected. */
  async open(stop: AbortSignal): Promise<void> {
    this.close()
    stop.throwIfAborted()
    const { host, port, timeout, clock } = this.#options
    const socket = connectSocket({ host, port, noDelay: true, keepAlive: true })
    this.#socket = socket
    this.#lost = undefined
    const closedBy = { fault: fault('closed', { peer: `${host}:${port}` }) }
    const timer = new AbortController()
    const over = AbortSignal.any([stop, timer.signal])
    await new Promise<void>((resolve, reject) => {
      const give = (error: unknown) => {
        socket.destroy()
        reject(error)
      }
      socket.once('connect', resolve)
      socket.on('error', (cause) => give(unreachable(host, port, cause)))
      socket.once('close', () => give(new NotConnected(`connection to ${host}:${port} closed`, closedBy)))
      stop.addEventListener('abort', () => give(stop.reason), { signal: timer.signal })
      void elapsed(clock, timeout, over).then(() => {
        if (!over.aborted)
          give(
            new NotConnected(`${host}:${port} did not accept the connection within ${timeout} ms`, {
              hint: HINT_SILENT_HOST,
              fault: fault('no-answer-within', { peer: `${host}:${port}`, seconds: timeout / 1000 }),
            }),
          )
      })
    })
      .catch((error: unknown) => {
        this.#lost = error instanceof NotConnected ? error : new NotConnected('the connection was given up', { cause: error })
        throw error
      })
      .finally(() => timer.abort())
    socket.on('data', (bytes) => this.#receive(socket, bytes))
    socket.on('error', (cause) => this.#lose(socket, unreachable(host, port, cause)))
    socket.on('close', () => this.#lose(socket, new NotConnected(`${host}:${port} closed the connection`, closedBy)))
    if (socket.destroyed) this.#lose(socket, new NotConnected(`${host}:${port} closed the connection`, closedBy))
  }

  /** Asks and waits. Rejects with NotConnected when the line is or gets lost, or with the abort's reason. Never call it twice at once. */
  async request(request: ReadRequest, stop: AbortSignal): Promise<Answer> {
    stop.throwIfAborted()
    const rtu = this.#options.framing === 'rtu-over-tcp'
    // RTU has no transaction id: a late answer cannot be told from the one to the same question asked again. And half an answer
    // leaves no telling where the next begins. Only a new connection is sure of both.
    if (this.#late && (rtu || this.#buffer.length > 0)) await this.open(stop)
    const socket = this.#socket
    if (!socket || this.#lost) throw this.#lost ?? new NotConnected('the connection is not open')
    if (!this.#late) this.#buffer = Buffer.alloc(0)
    this.#transaction = (this.#transaction + 1) & 0xffff
    const { clock, timeout } = this.#options
    const started = clock.monotonicMs()
    const before = { read: socket.bytesRead, written: socket.bytesWritten }
    const done = new AbortController()
    const over = AbortSignal.any([stop, done.signal])
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#pending = { request, transaction: this.#transaction, stray: 0, settle: resolve, fail: reject }
      socket.write(rtu ? encodeRtu(request) : encodeTcp(request, this.#transaction))
      stop.addEventListener('abort', () => reject(stop.reason), { signal: done.signal })
      void elapsed(clock, timeout, over).then(() => {
        if (!over.aborted) resolve(this.#timedOut())
      })
    }).finally(() => {
      this.#pending = undefined
      this.#unasked = 0
      done.abort()
    })
    this.#tell(request, answer, socket, before)
    if (answer.kind === 'data' || answer.kind === 'exception') this.latencyMs = clock.monotonicMs() - started
    return answer
  }

  /** Idempotent. A pending request rejects. */
  close(): void {
    const socket = this.#socket
    if (socket) this.#lose(socket, new NotConnected('the connection was closed'))
    this.#socket = undefined
    this.#late = false
    this.#unasked = 0
  }

  #tell(request: ReadRequest, answer: Answer, socket: Socket, before: { read: number; written: number }): void {
    const { host, port, onExchange } = this.#options
    onExchange?.({
      ...{ host, port, service: String(READ_FUNCTION[request.table]), unit: request.unitId },
      ...{ address: request.address, addresses: request.count },
      ...{ sentBytes: socket.bytesWritten - before.written, receivedBytes: socket.bytesRead - before.read },
      ...(answer.kind === 'exception' && { exception: String(answer.code) }),
    })
  }

  #timedOut(): Answer {
    this.#late = true
    return { kind: 'silent', received: this.#buffer.length }
  }

  #receive(socket: Socket, bytes: Buffer): void {
    if (socket !== this.#socket || this.#lost) return
    if (!this.#pending && (this.#unasked += bytes.length) > UNASKED_BYTES) {
      this.#lose(
        socket,
        new NotConnected(`the device sent more than ${UNASKED_BYTES} bytes that nobody asked for`, {
          fault: fault('unasked', { bytes: UNASKED_BYTES }),
        }),
      )
      return
    }
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes])
    let cut = this.#cut()
    for (; cut && 'frame' in cut; cut = this.#cut()) {
      this.#buffer = this.#buffer.subarray(cut.bytes)
      this.#accept(socket, cut.frame)
    }
    if (cut) this.#break(socket, cut.garbage)
    else if (this.#buffer.length > PARTIAL_MAX) this.#break(socket, `${this.#buffer.length} bytes without a frame`)
  }

  #cut(): Cut {
    if (this.#buffer.length === 0) return undefined
    return this.#options.framing === 'tcp' ? cutTcp(this.#buffer) : cutRtu(this.#buffer, this.#pending?.request)
  }

  #accept(socket: Socket, frame: Frame): void {
    const pending = this.#pending
    if (!pending) return
    const { request } = pending
    const other = frame.transaction === undefined ? frame.unitId !== request.unitId : frame.transaction !== pending.transaction
    if (other) {
      this.#late = false
      if (++pending.stray > STRAY_FRAMES) this.#break(socket, `more than ${STRAY_FRAMES} answers to other requests`)
      return
    }
    this.#pending = undefined
    this.#late = false
    pending.settle(toAnswer(frame, request))
  }

  /** The stream makes no sense. Between requests that is noise to drop; under a request there is no way back but a new connection. */
  #break(socket: Socket, detail: string): void {
    this.#buffer = Buffer.alloc(0)
    const pending = this.#pending
    if (!pending && !this.#late) return
    this.#pending = undefined
    pending?.settle({ kind: 'malformed', detail, broken: true })
    this.#lose(
      socket,
      new NotConnected(`the device sent what is not Modbus: ${detail}`, {
        hint: HINT_FRAMING,
        fault: fault('not-this-protocol', { peer: 'Modbus', detail }),
      }),
    )
  }

  #lose(socket: Socket, error: NotConnected): void {
    socket.destroy()
    if (socket !== this.#socket || this.#lost) return
    this.#lost = error
    this.#buffer = Buffer.alloc(0)
    this.#pending?.fail(error)
    this.#pending = undefined
  }
}

/** When this program was held up, timers run before what has arrived meanwhile is read: so that is read first, and a device is not called silent for it. */
async function elapsed(clock: Clock, ms: number, stop: AbortSignal): Promise<void> {
  await clock.sleep(ms, stop)
  if (!stop.aborted) await nextTurn()
}

function toAnswer(frame: Frame, request: ReadRequest): Answer {
  const { unitId } = frame
  if (unitId !== request.unitId) return { kind: 'malformed', detail: `unit ${unitId} answered for unit ${request.unitId}`, broken: false }
  const content = readContent(frame.pdu, request)
  if ('data' in content) return { kind: 'data', data: content.data }
  if ('exception' in content) return { kind: 'exception', code: content.exception }
  return { kind: 'malformed', detail: content.wrong, broken: false }
}

const HINT_SILENT_HOST = 'Is the address right, the device on, and does a firewall let this port through?'
const HINT_FRAMING = 'Is it really a Modbus device on this port, and is `framing` right (tcp or rtu-over-tcp)?'

function unreachable(host: string, port: number, cause: Error): NotConnected {
  const code = (cause as NodeJS.ErrnoException).code
  const hints: Record<string, string> = {
    ECONNREFUSED:
      'The machine answers but nothing listens on this port: is Modbus enabled on the device, and the port right (502 as a rule)?',
    ENOTFOUND: 'The name is not known: check `host`, or give the address.',
    EHOSTUNREACH: HINT_SILENT_HOST,
    ETIMEDOUT: HINT_SILENT_HOST,
    ECONNRESET: 'The device ended the connection: many accept only a few clients at once.',
  }
  return new NotConnected(`${host}:${port}: ${cause.message}`, {
    cause,
    ...(code && hints[code] && { hint: hints[code] }),
    fault: networkFault(cause, `${host}:${port}`),
  })
}
