import {
  type Aggregate,
  type AggregateConfiguration,
  aggregate,
  describeStatus,
  type FunctionName,
  type Samples,
} from '../core/aggregates/index.ts'
import { COUNTER_FELL, type Falls, fallOf, fallsOf, fallsWithin } from '../core/counter.ts'
import type { Historian, SampleColumns } from '../core/historian.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { Status, statusName, worst } from '../core/status.ts'
import { DAY, formatTime, type Micros } from '../core/time.ts'
import type { Saying } from './in-unit.ts'
import { API_LIMITS } from './limits.ts'
import { Refusal } from './problem.ts'
import { PROCESSED, type ProcessedName } from './processed-names.ts'
import type { AggregatePage } from './schemas.ts'

/** The functions of OPC 10000-13, computed here from stored samples. */

type Row = AggregatePage['rows'][number]

export interface ProcessedQuery {
  readonly signals: readonly SignalDefinition[]
  readonly functions: readonly ProcessedName[]
  readonly saying: (signal: SignalDefinition) => Saying
  readonly from: Micros
  readonly to: Micros
  readonly intervalUs: Micros
  /** Without `stepped`, a signal is so when its values are states. */
  readonly configuration: Omit<AggregateConfiguration, 'stepped'> & { readonly stepped: boolean | undefined }
}

/** Beyond the period, samples for its edges are looked for as far as this, or as far as one interval where that is longer. */
const EDGE_SEARCH: Micros = 7 * DAY

/** Results whose time is that of a sample, not of the interval. */
const OWN_TIME = /ActualTime2?$|^Start$|^End$/

/** Results that are status codes. */
const QUALITY = /^WorstQuality/

/** Results that are the difference of two values: an offset between two scales falls out. */
const DIFFERENCE = /^(Range2?|Delta|DeltaBounds|StandardDeviation\w+)$/
const SQUARE = /^Variance/
/** Results of their own dimension: counts, durations, shares, statuses. */
const PURE = /^(Count|NumberOfTransitions|Duration|Percent|WorstQuality)/
/** Value-seconds. */
const TOTAL = /^Total2?$/

/** How a result is said in the unit of its signal; refuses a total over two scales whose zeros differ, for it depends on how long values were known. */
function inUnitOf(name: FunctionName, { id }: SignalDefinition, { unit, say, sayDifference }: Saying): (value: number) => number {
  if (PURE.test(name)) return (value) => value
  if (DIFFERENCE.test(name)) return sayDifference
  if (SQUARE.test(name)) return (value) => sayDifference(sayDifference(value))
  if (TOTAL.test(name) && say(0) !== 0) {
    throw new Refusal(400, 'unit-not-convertible/zeros', name, id, unit ?? '')
  }
  return say
}

/** A row per signal and interval, aligned to the epoch like the historian's. */
export async function processedRows(historian: Historian, query: ProcessedQuery): Promise<{ rows: Row[]; truncated: boolean }> {
  const { from, intervalUs, configuration } = query
  const functions = [...new Set(query.functions)].map((name) => [name, PROCESSED.get(name) as FunctionName] as const)
  const rows: Row[] = []
  let samplesLeft: number = API_LIMITS.processedSamples
  let truncated = false
  if (query.signals.length > API_LIMITS.processedSignals) {
    throw new Refusal(400, 'too-many-signals/processed', query.functions[0] ?? '', query.signals.length, API_LIMITS.processedSignals)
  }
  for (const signal of query.signals) {
    if (signal.dataType === 'text') throw new Refusal(400, 'not-a-number/function', signal.id, query.functions[0] ?? '')
    const room = API_LIMITS.aggregateRows - rows.length
    if (room === 0) return { rows, truncated: true }
    const to = Math.min(query.to, (Math.floor(from / intervalUs) + room) * intervalUs)
    if (to < query.to) truncated = true
    const samples = await readSamples(historian, signal.id, { from, to, intervalUs }, samplesLeft)
    samplesLeft -= samples.count
    const stepped = configuration.stepped ?? (signal.dataType === 'boolean' || signal.states !== undefined)
    const names = functions.map(([, name]) => name)
    const saying = query.saying(signal)
    const said = new Map(names.map((name) => [name, inUnitOf(name, signal, saying)]))
    const { start, results } = aggregate(samples, { from, to, intervalUs }, names, { ...configuration, stepped }, true)
    const falls = new Map(names.map((name) => [name, fallsOf(samples, name)]))
    start.forEach((time, i) => {
      const values: Row['values'] = {}
      const statuses: NonNullable<Row['statuses']> = {}
      const reasons: NonNullable<Row['reasons']> = {}
      const times: NonNullable<Row['times']> = {}
      for (const [asked, name] of functions) {
        const one = (results[name] as Aggregate[])[i] as Aggregate
        values[asked] = one.value === null ? null : QUALITY.test(name) ? statusName(one.value) : said.get(name)?.(one.value)
        statuses[asked] = describeStatus(one.status)
        if (OWN_TIME.test(name) && one.value !== null) times[asked] = formatTime(one.time)
        const hasFallen = one.value !== null && fallsWithin(falls.get(name) ?? NONE, time, start[i + 1] ?? to, name, stepped)
        const fall = hasFallen ? fallOf(signal) : undefined
        if (fall === undefined) continue
        reasons[asked] = [fall]
        if (fall === COUNTER_FELL) values[asked] = null
        statuses[asked] = describeStatus(fall === COUNTER_FELL ? Status.BadNoData : worst(one.status, Status.UncertainSubNormal))
      }
      const begin = formatTime(Math.floor(time / intervalUs) * intervalUs)
      const unit = saying.unit !== undefined && { unit: saying.unit }
      rows.push({ signal: signal.id, time: begin, ...unit, values, statuses, ...some({ reasons, times }) })
    })
  }
  return { rows, truncated }
}

const NONE: Falls = { before: [], at: [] }

/** Those that say something. */
const some = <T extends Readonly<Record<string, object>>>(all: T): Partial<T> =>
  Object.fromEntries(Object.entries(all).filter(([, one]) => Object.keys(one).length > 0)) as Partial<T>

/** The samples of a period and those around it, oldest first. */
async function readSamples(
  historian: Historian,
  signal: string,
  { from, to, intervalUs }: { from: Micros; to: Micros; intervalUs: Micros },
  limit: number,
): Promise<Samples> {
  const search = Math.max(EDGE_SEARCH, intervalUs)
  const edge = API_LIMITS.edgeSamples
  const before = await historian.samples({ signal, from: from - search, to: from, limit: edge, descending: true })
  const inside = await historian.samples({ signal, from, to, limit })
  if (inside.truncated) {
    throw new Refusal(400, 'too-many-samples', API_LIMITS.processedSamples)
  }
  const after = await historian.samples({ signal, from: to, to: to + search, limit: edge })
  return join([rowsOf(before).reverse(), rowsOf(inside), rowsOf(after)], [before, inside, after])
}

/** Rows that count: what a device sent twice counts once. */
function rowsOf({ count, reasons, reasonSets }: SampleColumns): number[] {
  const twice = new Set([...reasonSets].flatMap(([set, names]) => (names.includes('duplicate') ? [set] : [])))
  const rows: number[] = []
  for (let i = 0; i < count; i++) if (!twice.has(reasons[i] as number)) rows.push(i)
  return rows
}

function join(rows: readonly (readonly number[])[], columns: readonly SampleColumns[]): Samples {
  const count = rows.reduce((sum, { length }) => sum + length, 0)
  const out = { count, time: new Float64Array(count), value: new Float64Array(count), status: new Uint32Array(count) }
  let to = 0
  rows.forEach((part, n) => {
    const { time, value, status } = columns[n] as SampleColumns
    for (const i of part) {
      out.time[to] = time[i] as number
      out.value[to] = value[i] as number
      out.status[to++] = status[i] as number
    }
  })
  return out
}
