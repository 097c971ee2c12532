import fc from 'fast-check'
import { type Change, type Derivation, FOREVER } from '../../core/derivation.ts'
import type { Fact } from '../../core/facts.ts'
import type { RecordKind, RecordVersion } from '../../core/it-records.ts'
import { silent } from '../../core/log.ts'
import { MemoryHistory } from '../../core/memory-history.fixture.ts'
import { Status } from '../../core/status.ts'
import { correlation, kpi } from '../../correlate/config.ts'
import { createCorrelations } from '../../correlate/index.ts'
import { createEngine, type Engine, type SavedEngine } from './engine.ts'

/** Flights at stands, works at stands, the power of each stand: what is told of them in any order, and an engine that is started anew now and then. */

export const S = 1_000_000
/** An hour begins 200 s later. */
export const T0 = (300 * 3_600 - 200) * S
export const HOLD_S = 60
export const NEXT_S = 30
export const STANDS = ['stand-1', 'stand-2', 'nowhere'] as const

export type Told =
  | { readonly is: 'sample'; readonly stand: number; readonly at: number; readonly value: number; readonly status: number }
  | {
      readonly is: 'record'
      readonly kind: 'flight' | 'work'
      readonly key: string
      readonly source: 'a' | 'b'
      readonly at: number
      readonly length: number | null
      readonly stand: number
      readonly isDeleted: boolean
    }
export type Action =
  | Told
  | { readonly is: 'tell' }
  | { readonly is: 'step' }
  | { readonly is: 'time'; readonly by: number }
  | { readonly is: 'save' }
  | { readonly is: 'restart'; readonly withState: boolean }
  | { readonly is: 'fail'; readonly times: number }

const at = fc.integer({ min: 0, max: 300 })
const sample = fc.record({
  is: fc.constant('sample' as const),
  stand: fc.integer({ min: 0, max: 1 }),
  at,
  value: fc.integer({ min: 0, max: 9 }),
  status: fc.constantFrom(0, 0, 0, Status.Uncertain, Status.BadNoCommunication),
})
const record = fc.record({
  is: fc.constant('record' as const),
  kind: fc.constantFrom('flight' as const, 'work' as const),
  key: fc.constantFrom('1', '2', '3'),
  source: fc.constantFrom('a' as const, 'b' as const),
  at,
  length: fc.option(fc.integer({ min: 0, max: 120 }), { freq: 6 }),
  stand: fc.integer({ min: 0, max: 2 }),
  isDeleted: fc.boolean().map((is) => is && true),
})
export const actions = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: sample },
    { weight: 6, arbitrary: record },
    { weight: 5, arbitrary: fc.constant({ is: 'tell' as const }) },
    { weight: 5, arbitrary: fc.constant({ is: 'step' as const }) },
    { weight: 4, arbitrary: fc.record({ is: fc.constant('time' as const), by: fc.integer({ min: 1, max: 90 }) }) },
    { weight: 1, arbitrary: fc.constant({ is: 'save' as const }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('restart' as const), withState: fc.boolean() }) },
    { weight: 4, arbitrary: fc.record({ is: fc.constant('fail' as const), times: fc.integer({ min: 1, max: 3 }) }) },
  ),
  { minLength: 1, maxLength: 80, size: 'max' },
)

const field = { required: false } as const
const kindOf = (name: string): RecordKind => ({
  name,
  key: ['id'],
  fields: {
    id: { ...field, type: 'text' },
    start: { ...field, type: 'time' },
    end: { ...field, type: 'time' },
    stand: { ...field, type: 'text' },
  },
  validity: { from: 'start', to: 'end' },
  equipment: { field: 'stand' },
  authority: { default: ['a', 'b'] },
})
export const kinds = new Map([kindOf('flight'), kindOf('work')].map((kind) => [kind.name, kind]))

export const placeOf = ({ values }: RecordVersion): string | undefined => (values.stand === 'nowhere' ? undefined : String(values.stand))

const turnaround = correlation.parse({
  ...{ each: 'flight', tolerance: '1s', lookBack: `${HOLD_S}s`, progress: '5s' },
  values: {
    mean: { signal: './power', function: 'TimeAverage2' },
    peak: { signal: './power', function: 'Maximum' },
    atStart: { signal: './power', at: 'from', asOf: 'nearest', tolerance: '3s' },
    works: { count: 'work' },
    later: { count: 'work', relation: 'after', within: '20s' },
    worked: { duration: 'work' },
    delay: { next: 'work', within: `${NEXT_S}s` },
    share: { expression: 'mean + peak' },
  },
})
/** Fed by the facts of the first. */
const review = correlation.parse({ each: 'work', tolerance: '1s', progress: '5s', values: { flights: { count: 'turnaround' } } })

/** Per hour and stand, and per flight and stand. */
const effort = kpi.parse({
  ...{
    label: { en: 'Effort' },
    per: 'hour',
    equipment: 'stand-*',
    timing: 'real-time',
    progress: '5s',
    lookBack: `${HOLD_S}s`,
    range: { upper: 8 },
  },
  inputs: {
    mean: { signal: './power', function: 'TimeAverage2' },
    works: { count: 'work', relation: 'begins', coveredBy: './power' },
    worked: { duration: 'work' },
  },
  formula: 'mean * works',
})
const perFlight = kpi.parse({
  ...{ per: { record: 'flight' }, equipment: 'stand-*' },
  ...{ inputs: { works: { count: 'work' } }, formula: 'works' },
})

export function derivationsOf(): Derivation[] {
  const context = { site: 'site', kinds, placeOf, events: new Map(), equipment: ['stand-1', 'stand-2'] }
  return createCorrelations({ correlations: { turnaround, review }, kpis: { effort, perFlight } }, context)
}

export class Plant {
  readonly history = new MemoryHistory()
  readonly published: Fact[] = []
  engine: Engine
  watermark = T0
  now = T0
  readonly #log: Change[] = []
  #told = 0
  #saved: { state: SavedEngine; told: number } | undefined
  #failures = 0

  constructor() {
    // As after a run that had nothing left to do: without a state all would be computed anew later on, and hide what was missed.
    const idle = { isStopped: false, units: [], ranges: [], late: { count: 0, ranges: [] } }
    this.engine = this.#start(Object.fromEntries(derivationsOf().map(({ name, version }) => [name, { ...idle, version }])))
  }

  async play(all: readonly Action[]): Promise<void> {
    for (const action of all) await this.#play(action)
  }

  /** Time goes on until nothing is left to do but what goes on for ever. */
  async settle(): Promise<void> {
    this.#failures = 0
    this.watermark = this.now = T0 + 10_000 * S
    for (let round = 0; round < 6; round++) {
      await this.#tell()
      while (await this.engine.step()) await this.#tell()
      this.now += 60 * S
    }
  }

  async #play(action: Action): Promise<void> {
    switch (action.is) {
      case 'sample':
        return this.#sample(action)
      case 'record':
        return this.#record(action)
      case 'tell':
        return this.#tell().catch(ignored)
      case 'step':
        await this.engine.step().catch(ignored)
        return
      case 'time':
        this.watermark += action.by * S
        this.now += action.by * S
        return
      case 'save':
        this.#saved = { state: JSON.parse(JSON.stringify(await this.engine.save())), told: this.#told }
        return
      case 'fail':
        this.#failures = action.times
        return
      case 'restart':
        if (!action.withState) this.#saved = undefined
        this.#told = this.#saved?.told ?? this.#log.length
        this.engine = this.#start(this.#saved?.state)
    }
  }

  #start(saved?: SavedEngine): Engine {
    const fails = <T>(answer: () => Promise<T>): Promise<T> =>
      this.#failures > 0 && this.#failures-- > 0 ? Promise.reject(new Error('no answer')) : answer()
    return createEngine(
      {
        history: {
          series: (query) => fails(() => this.history.series(query)),
          records: (query) => fails(() => this.history.records(query)),
          facts: (query) => fails(() => this.history.facts(query)),
        },
        derivations: derivationsOf(),
        publish: async (_name, facts) => {
          for (const { fact } of facts) this.#publish(fact)
          return {}
        },
        horizonUs: 20_000 * S,
        now: () => this.now,
        watermark: () => this.watermark,
        log: silent,
      },
      saved,
    )
  }

  #publish(fact: Fact): void {
    const { definition, key } = fact
    const before = this.history.published.findLast((one) => one.definition === definition && one.key === key)
    this.history.publish(fact)
    this.published.push(fact)
    for (const { equipment, from, to } of [before ?? fact, fact])
      this.#log.push({ fact: definition, key, ...(equipment !== undefined && { equipment }), from, to: to ?? FOREVER })
  }

  #sample({ stand, at, value, status }: Extract<Told, { is: 'sample' }>): void {
    const signal = `site/${STANDS[stand]}/power`
    const time = T0 + at * S
    this.history.sample(signal, time, status === Status.BadNoCommunication ? Number.NaN : value, status)
    this.#log.push({ signal, from: time, to: time })
  }

  #record({ kind, key, source, at, length, stand, isDeleted }: Extract<Told, { is: 'record' }>): void {
    // Of every source, as the node tells it: which of them counts may be another one now.
    const before = this.history.versions.filter((one) => one.kind === kind && one.key === key)
    const from = T0 + at * S
    const to = length === null ? null : from + length * S
    const values = { id: key, start: from, end: to, stand: STANDS[stand] as string }
    const version = { kind, key, source, validFrom: from, validTo: to, isDeleted, values }
    this.history.record(version)
    for (const one of [...before, version]) {
      const equipment = placeOf(one)
      const change = { record: kind, key, from: one.validFrom as number, to: one.validTo ?? FOREVER }
      this.#log.push(equipment === undefined ? change : { ...change, equipment })
    }
  }

  async #tell(): Promise<void> {
    const changes = this.#log.slice(this.#told)
    await this.engine.absorb(changes)
    this.#told += changes.length
  }
}

function ignored(): void {}
