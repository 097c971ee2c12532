import { createServer, type Socket } from 'node:net'
import type { SampleBatch } from '../../core/batch.ts'
import type { SourceContext } from '../../core/connector.ts'
import { silent } from '../../core/log.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { SignalTable } from '../../core/signals.ts'
import { statusName } from '../../core/status.ts'
import { type Clock, type Micros, parseTime, systemClock } from '../../core/time.ts'

/** What the tests of this folder share: a context, a clock that only they move, a device that answers any bytes they like. */

export function testContext(clock: Clock = systemClock): SourceContext {
  const tables = { signals: new SignalTable(), reasons: new ReasonSets() }
  return { connection: 'device', site: 'plant', ...tables, clock, log: silent, directory: '', random: () => 0.5 }
}

/** Time stands still until `advance`. */
export class HandClock implements Clock {
  #ms = 1_000
  #sleepers: { readonly untilMs: number; readonly wake: () => void }[] = []
  static readonly start: Micros = parseTime('2026-03-01T08:00:00Z')

  now(): Micros {
    return HandClock.start + this.#ms * 1000
  }

  monotonicMs(): number {
    return this.#ms
  }

  sleep(ms: number, stop?: AbortSignal): Promise<void> {
    if (stop?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      this.#sleepers.push({ untilMs: this.#ms + ms, wake: resolve })
      stop?.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  advance(ms: number): void {
    this.#ms += ms
    const due = this.#sleepers.filter(({ untilMs }) => untilMs <= this.#ms)
    this.#sleepers = this.#sleepers.filter(({ untilMs }) => untilMs > this.#ms)
    for (const { wake } of due) wake()
  }
}

/** Samples as `name: value status reasons`, the site's prefix left out, in order of name. */
export function rows(batch: SampleBatch, context: SourceContext): Record<string, string> {
  const entries = Array.from({ length: batch.count }, (_, i) => {
    const id = context.signals.at(batch.signal[i] as number)?.id.replace('plant/', '') ?? '?'
    const value = batch.text?.get(i) ?? batch.value[i]
    const reasons = context.reasons.names(batch.reasons[i] as number)
    return [id, [String(value), statusName(batch.status[i] as number), ...reasons].join(' ')] as const
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

export interface RawDevice {
  readonly port: number
  /** Requests received, as they came. */
  readonly requests: Buffer[]
  connections: number
  stop(): Promise<void>
}

/** A device that answers each request with whatever `respond` writes. */
export async function rawDevice(respond: (request: Buffer, socket: Socket, number: number) => void): Promise<RawDevice> {
  const sockets = new Set<Socket>()
  const requests: Buffer[] = []
  const server = createServer((socket) => {
    device.connections++
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (bytes: Buffer) => {
      requests.push(bytes)
      respond(bytes, socket, requests.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const device: RawDevice = {
    port: (server.address() as { port: number }).port,
    requests,
    connections: 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return device
}
