import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import { formatZoneOffset, LOCAL_TOLERANCE, localTimeOffset } from '../core/clock-finding.ts'
import { CLOCK_LIMITS, type ClockExchange, ClockOffset, type ClockReading } from '../core/clock-offset.ts'
import type { ConnectionClock } from '../core/node-view.ts'
import type { ReasonSets } from '../core/reasons.ts'
import type { SignalTable } from '../core/signals.ts'
import type { Delivery, Source } from '../core/source.ts'
import { Status } from '../core/status.ts'
import type { Clock, Micros } from '../core/time.ts'
import { PreviousTimes, toUtc } from '../core/to-utc.ts'
import { resolveWall, Zone } from '../core/zone.ts'

const JUDGE_EVERY_MS = 1_000

export interface ClockSettings {
  /** How far, in milliseconds, the device's clock may be off before its samples are Uncertain. */
  readonly maxOffset: number
  /** The device writes its local time as if it were UTC. */
  readonly zone?: string | undefined
}

export interface ClockWatchParts {
  readonly connection: string
  readonly site: string
  readonly settings: ClockSettings
  readonly source: Pick<Source, 'clock'>
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly clock: Clock
  /** Told when the clock is found to be off by more than its limit, and when it is not any more. */
  readonly onLimit: (isOff: boolean) => void
}

/** One connection's clock: turns local times into UTC, measures the offset, and tells it as two signals of the node's own. */
export class ClockWatch {
  readonly #parts: ClockWatchParts
  readonly #offset: ClockOffset | undefined
  readonly #zone: Zone | undefined
  readonly #previous = new PreviousTimes()
  #firstMs: number | undefined
  #toldMs = Number.NEGATIVE_INFINITY
  #fresh = false
  #judgedMs = Number.NEGATIVE_INFINITY
  #isOff = false

  constructor(parts: ClockWatchParts) {
    this.#parts = parts
    const { source, settings } = parts
    this.#offset = source.clock && new ClockOffset(source.clock.method)
    this.#zone = source.clock && settings.zone !== undefined ? new Zone(settings.zone) : undefined
  }

  /** Before anything judges a batch: its times become UTC, and are held against its arrival. */
  take(batch: SampleBatch): void {
    if (this.#zone) toUtc(batch, this.#zone, this.#parts.reasons, this.#previous)
    if (this.#offset?.method === 'one-way') this.#arrive(this.#offset, batch)
    this.#judge()
  }

  /** The samples that tell a new measurement; undefined when there is none. One way, the first slot of messages must have passed. */
  measure(): Delivery | undefined {
    const { clock } = this.#parts
    const offset = this.#offset
    if (!offset) return undefined
    this.#judge()
    const nowMs = clock.monotonicMs()
    const due = offset.method === 'round-trip' ? this.#fresh : this.#fresh && nowMs - this.#quietSince() >= CLOCK_LIMITS.slotMs
    const reading = due ? offset.reading(nowMs) : undefined
    if (!reading) return undefined
    this.#fresh = false
    this.#toldMs = nowMs
    return { batch: this.#tell(reading) }
  }

  /** The node's own signals among those of the connection: not the device's, so counted apart. */
  get ownSignals(): number {
    return OWN.filter((name) => this.#parts.signals.indexOf(this.#idOf(name)) !== undefined).length
  }

  /** What the connection's health says of its clock. */
  view(): ConnectionClock | undefined {
    const offset = this.#offset
    const nowMs = this.#parts.clock.monotonicMs()
    const reading = offset?.reading(nowMs)
    if (!offset || !reading) return undefined
    const zone = localTimeOffset(reading, offset.steadyArrival(nowMs, LOCAL_TOLERANCE))
    return {
      ...reading,
      maxOffsetUs: this.#maxOffsetUs,
      beyondLimit: this.#isBeyond(reading),
      ...(zone !== undefined && { finding: 'local-time', findingDetail: formatZoneOffset(zone) }),
    }
  }

  /** Takes in what the source asked the device, and holds the offset against its limit; at most once a second once there is one. */
  #judge(): void {
    const { source, clock, onLimit } = this.#parts
    const offset = this.#offset
    if (!offset) return
    const nowMs = clock.monotonicMs()
    const exchanges = source.clock?.takeExchanges?.() ?? []
    for (const exchange of exchanges) if (offset.roundTrip(this.#inUtc(exchange))) this.#fresh = true
    if (exchanges.length === 0 && nowMs - this.#judgedMs < JUDGE_EVERY_MS) return
    const reading = offset.reading(nowMs)
    if (reading) this.#judgedMs = nowMs
    const isOff = reading !== undefined && this.#isBeyond(reading)
    if (isOff !== this.#isOff) onLimit(isOff)
    this.#isOff = isOff
  }

  #isBeyond({ offsetUs, uncertaintyUs }: ClockReading): boolean {
    return Math.abs(offsetUs) - uncertaintyUs > this.#maxOffsetUs
  }

  get #maxOffsetUs(): number {
    return this.#parts.settings.maxOffset * 1000
  }

  #quietSince(): number {
    return Math.max(this.#toldMs, this.#firstMs ?? Number.POSITIVE_INFINITY)
  }

  /** The newest time in the batch that is the device's own: neither missing, nor refused, nor in doubt. */
  #arrive(offset: ClockOffset, { count, sourceTime, reasons, receivedTime }: SampleBatch): void {
    let newest = Number.NEGATIVE_INFINITY
    for (let i = 0; i < count; i++) {
      const time = sourceTime[i] as Micros
      if (time > newest && reasons[i] === 0 && time !== receivedTime) newest = time
    }
    if (newest === Number.NEGATIVE_INFINITY) return
    const monotonicMs = this.#parts.clock.monotonicMs()
    offset.arrival(newest, { wallUs: receivedTime, monotonicMs })
    this.#firstMs ??= monotonicMs
    this.#fresh = true
  }

  #inUtc(exchange: ClockExchange): ClockExchange {
    if (!this.#zone) return exchange
    const { deviceTime, received } = exchange
    return { ...exchange, deviceTime: resolveWall(this.#zone.span(deviceTime), deviceTime, received.wallUs, received.wallUs).utc }
  }

  #idOf(name: (typeof OWN)[number]): string {
    return `${this.#parts.site}/ecluse/${this.#parts.connection}/${name}`
  }

  #tell(reading: ClockReading): SampleBatch {
    const { signals, clock, connection } = this.#parts
    const now = clock.now()
    const address = reading.method === 'round-trip' ? 'clock by round trip' : 'clock by arrival'
    const builder = new BatchBuilder(2)
    for (const [name, us] of [
      ['clock-offset', reading.offsetUs],
      ['clock-uncertainty', reading.uncertaintyUs],
    ] as const) {
      const definition = { id: this.#idOf(name), connection, address, dataType: 'number', unit: 's' } as const
      builder.push(signals.define({ ...definition, label: LABELS[name], decimals: 6 }), now, Math.round(us) / 1e6, Status.Good)
    }
    return builder.build(now)
  }
}

const OWN = ['clock-offset', 'clock-uncertainty'] as const

const LABELS = {
  'clock-offset': { fr: 'Écart d’horloge de l’appareil', en: 'Device clock offset' },
  'clock-uncertainty': { fr: 'Incertitude de l’écart d’horloge', en: 'Uncertainty of the clock offset' },
} as const
