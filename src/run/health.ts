import type { SampleBatch } from '../core/batch.ts'
import type { ConnectionHealth, ConnectionState } from '../core/node-view.ts'
import type { PeerFault } from '../core/peer-faults.ts'
import type { Label } from '../core/signals.ts'
import { rank } from '../core/status.ts'
import type { Clock, Micros } from '../core/time.ts'

const RATE_WINDOW_S = 10

/** One connection's health as it changes; `view()` is what others see. */
export class HealthRecord {
  state: ConnectionState = 'starting'
  liveness: ConnectionHealth['liveness'] = 'waiting'
  since: Micros
  lastHeardTime: Micros | undefined
  lastGoodTime: Micros | undefined
  attempts = 0
  connects = 0
  read = 0
  stored = 0
  pending = 0
  gaps = 0
  #good = 0
  #uncertain = 0
  #bad = 0
  readonly #perSecond = new Float64Array(RATE_WINDOW_S)
  #second = 0
  lastError: ConnectionHealth['lastError']
  readonly #clock: Clock
  readonly #identity: Pick<ConnectionHealth, 'name' | 'kind' | 'endpoint'> & { label?: Label }

  constructor(identity: Pick<ConnectionHealth, 'name' | 'kind' | 'endpoint'> & { label?: Label }, clock: Clock) {
    this.#identity = identity
    this.#clock = clock
    this.since = clock.now()
  }

  enter(state: ConnectionState): void {
    if (state === this.state) return
    this.state = state
    this.since = this.#clock.now()
    if (state === 'connected') this.connects++
  }

  failed(message: string, hint?: string, fault?: PeerFault): void {
    this.lastError = { time: this.#clock.now(), message, ...(hint && { hint }), ...(fault && { fault }) }
  }

  /** Counts a batch that came from the device. */
  countRead(samples: number): void {
    this.#turn()
    this.read += samples
    this.#perSecond[this.#second % RATE_WINDOW_S] = (this.#perSecond[this.#second % RATE_WINDOW_S] as number) + samples
  }

  /** Counts a batch that is durable, by what its samples were judged. */
  countStored(batch: SampleBatch): void {
    this.stored += batch.count
    const counts = new Uint32Array(3)
    for (let i = 0; i < batch.count; i++) {
      const at = rank(batch.status[i] as number)
      counts[at] = (counts[at] as number) + 1
    }
    this.#good += counts[0] as number
    this.#uncertain += counts[1] as number
    this.#bad += counts[2] as number
    if (counts[0]) this.lastGoodTime = batch.receivedTime
  }

  view(extra: Pick<ConnectionHealth, 'signals' | 'dropped' | 'latencyMs' | 'clock' | 'clockMethod' | 'lastProblem'>): ConnectionHealth {
    this.#turn()
    const { state, liveness, since, lastHeardTime, lastGoodTime, attempts, read, stored, pending, gaps, lastError } = this
    const reconnects = Math.max(0, this.connects - 1)
    const ratePerSecond = this.#perSecond.reduce((sum, n) => sum + n, 0) / RATE_WINDOW_S
    const counted = {
      attempts,
      reconnects,
      read,
      stored,
      pending,
      gaps,
      good: this.#good,
      uncertain: this.#uncertain,
      bad: this.#bad,
      ratePerSecond,
    }
    return { ...this.#identity, ...extra, ...counted, state, liveness, since, lastHeardTime, lastGoodTime, lastError }
  }

  /** Empties the seconds that have passed since the last count. */
  #turn(): void {
    const now = Math.floor(this.#clock.monotonicMs() / 1000)
    const passed = Math.min(RATE_WINDOW_S, now - this.#second)
    for (let i = 0; i < passed; i++) this.#perSecond[(now - i) % RATE_WINDOW_S] = 0
    this.#second = now
  }
}
