import picomatch from 'picomatch'
import type { FieldValue } from '../../core/it-records.ts'
import type { ReasonSets } from '../../core/reasons.ts'
import { Status } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'
import type { RecordRule } from '../config.ts'
import { mark, type Rule } from '../rule.ts'

/** When and where a record holds. */
export interface RecordWindow {
  /** Path under the site. */
  readonly place: string
  readonly from: Micros
  /** Exclusive. */
  readonly to: Micros
  readonly values: Readonly<Record<string, FieldValue>>
}

interface Declared extends RecordRule {
  readonly matches: (below: string) => boolean
  readonly isWanted: (window: RecordWindow) => boolean
}

/** What records say of a signal: by declaration, the windows of the places above it. */
type Own = ReadonlyMap<Declared, readonly RecordWindow[]>

/**
 * Windows that IT records tell: work orders, calibration certificates. Whoever follows the records tells them; a reading is judged by those that were known when it
 * came. A record costs what stands below its place, a reading a look at what holds for its signal.
 */
export class RecordWindows {
  readonly #declared: readonly Declared[]
  readonly #site: string
  readonly #known = new Map<string, RecordWindow>()
  readonly #byPlace = new Map<string, Map<string, RecordWindow>>()
  /** Signals at and below each place, and the id of each. */
  readonly #below = new Map<string, number[]>()
  readonly #ids: (string | undefined)[] = []
  readonly #own: (Own | undefined)[] = []
  #used = 0

  constructor(site: string, declared: { readonly maintenance: readonly RecordRule[]; readonly calibration: readonly RecordRule[] }) {
    this.#site = `${site}/`
    const ready = (one: RecordRule): Declared => {
      const matches = picomatch(one.signals)
      // A signal may have the very name of the place.
      const only = Object.entries(one.only ?? {})
      const isWanted = ({ values }: RecordWindow) => only.every(([field, wanted]) => wanted.includes(String(values[field])))
      return { ...one, matches: (below) => (below === '' ? one.signals === '**' : matches(below)), isWanted }
    }
    this.maintenance = new Set(declared.maintenance.map(ready))
    this.calibration = new Set(declared.calibration.map(ready))
    this.#declared = [...this.maintenance, ...this.calibration]
    this.kinds = new Set(this.#declared.map(({ record }) => record))
  }

  readonly maintenance: ReadonlySet<Declared>
  readonly calibration: ReadonlySet<Declared>
  /** Kinds of records that matter. */
  readonly kinds: ReadonlySet<string>

  get isUsed(): boolean {
    return this.#used > 0
  }

  of(signal: number): Own | undefined {
    return this.#own[signal]
  }

  /** What a record says now; undefined: nothing. */
  tell(kind: string, key: string, window: RecordWindow | undefined): void {
    const name = `${kind}\n${key}`
    const before = this.#known.get(name)
    if (before) this.#byPlace.get(before.place)?.delete(name)
    if (window) {
      this.#known.set(name, window)
      const list = this.#byPlace.get(window.place) ?? new Map<string, RecordWindow>()
      this.#byPlace.set(window.place, list.set(name, window))
    } else this.#known.delete(name)
    for (const place of new Set([before?.place, window?.place]))
      for (const signal of (place !== undefined && this.#below.get(place)) || []) this.#resolve(signal)
  }

  declare(signal: number, id: string): void {
    if (this.#declared.length === 0 || this.#ids[signal] === id || !id.startsWith(this.#site)) return
    this.#ids[signal] = id
    for (const place of this.#places(id)) {
      const list = this.#below.get(place)
      if (list) list.push(signal)
      else this.#below.set(place, [signal])
    }
    this.#resolve(signal)
  }

  #places(id: string): string[] {
    const parts = id.slice(this.#site.length).split('/')
    return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
  }

  #resolve(signal: number): void {
    const id = this.#ids[signal] as string
    const own = new Map<Declared, RecordWindow[]>()
    for (const place of this.#places(id)) {
      const below = id.slice(this.#site.length + place.length + 1)
      for (const [name, window] of this.#byPlace.get(place) ?? []) {
        const kind = name.slice(0, name.indexOf('\n'))
        for (const one of this.#declared)
          if (one.record === kind && one.matches(below) && one.isWanted(window)) own.set(one, [...(own.get(one) ?? []), window])
      }
    }
    this.#used += Number(own.size > 0) - Number(this.#own[signal] !== undefined)
    this.#own[signal] = own.size > 0 ? own : undefined
  }
}

const holds = (windows: readonly RecordWindow[], time: Micros): boolean => windows.some(({ from, to }) => time >= from && time < to)

/** Under maintenance while a record of it holds; its calibration expired where there are certificates and none holds. */
export function byRecord(reasons: ReasonSets, windows: RecordWindows): Rule {
  return {
    get isActive() {
      return windows.isUsed
    },
    declare: (signal, { id }) => {
      windows.declare(signal, id)
      return undefined
    },
    judge: (rows) => {
      for (let i = 0; i < rows.count; i++) {
        const own = windows.of(rows.signal[i] as number)
        if (!own) continue
        const time = rows.sourceTime[i] as number
        for (const [declared, list] of own) {
          const isHeld = holds(list, time)
          if (windows.maintenance.has(declared) && isHeld) mark(rows, i, reasons, 'under-maintenance', Status.Uncertain)
          if (windows.calibration.has(declared) && !isHeld) mark(rows, i, reasons, 'calibration-expired', Status.UncertainSensorNotAccurate)
        }
      }
    },
  }
}
