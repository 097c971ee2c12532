import type { DiscoveryFinding, NotJudged } from '../../core/discovery.ts'
import { DAY, HOUR, type Micros } from '../../core/time.ts'
import type { Candidate } from './candidates.ts'
import { falseDiscoveryRates, simes } from './fdr.ts'
import { LEAST_EFFECT, LEAST_EVENTS, LEAST_OBSERVATIONS, LEAST_WINDOWS, STRETCHES } from './limits.ts'
import { type MatchedSet, matchedTest } from './matched-test.ts'
import type { Moment } from './moments.ts'
import { centredRanks, rankCorrelation } from './rank-correlation.ts'
import { takeOut } from './regression.ts'
import type { Column, Track } from './track.ts'

/** One comparison. */
interface Test {
  readonly column: Column
  readonly effect: number
  readonly p: number
  readonly moments: number
  readonly controls: number
  readonly effective?: number
  readonly typical: DiscoveryFinding['typical']
}

/** A signal that was judged, with the comparison that says most. */
export interface Judged {
  readonly candidate: Candidate
  readonly track: Track
  readonly best: Test
  readonly tests: readonly Test[]
  /** Of the signal as a whole: over all its comparisons. */
  readonly p: number
}

export interface JudgeParts {
  readonly moments: readonly Moment[]
  readonly read: Uint8Array
  /** Absent: the target is an event. */
  readonly observed: Float64Array | undefined
  readonly isSameHour: boolean
  /** What the target itself did before, where it is a signal. */
  readonly own: Track | undefined
}

/** Judges one signal, or says why it cannot be. */
export function judge(candidate: Candidate, track: Track, parts: JudgeParts): Judged | NotJudged {
  const coverage = track.askedUs > 0 ? track.coveredUs / track.askedUs : 0
  const counted = parts.moments.filter((one, i) => one.isEvent && track.judged[i] === 1).length
  const not = (reason: NotJudged['reason']): NotJudged => ({ signal: candidate.name, reason, moments: counted, coverage })
  const least = parts.observed ? LEAST_OBSERVATIONS : LEAST_EVENTS
  if (track.windows < least) return not('few')
  if (track.windows - track.leftOut < LEAST_WINDOWS * track.windows) return not('coverage')
  if (track.hasTooManyStates) return not('text')
  const columns = [...track.columns.values()]
  const moving = columns.filter(({ values }) => !isConstant(values))
  if (moving.length === 0) return not(counted < least ? 'few' : 'constant')
  const tests = moving.flatMap((column) => (parts.observed ? correlated(column, parts, parts.observed) : matched(column, parts)) ?? [])
  const enough = tests.filter(({ moments }) => moments >= least)
  if (enough.length === 0) return not('few')
  const best = enough.reduce((a, b) => (b.p < a.p || (b.p === a.p && Math.abs(b.effect) > Math.abs(a.effect)) ? b : a))
  return { candidate, track, best, tests: enough, p: simes(enough.map(({ p }) => p)) }
}

function isConstant(values: Float32Array): boolean {
  let first: number | undefined
  for (const value of values) {
    if (Number.isNaN(value)) continue
    first ??= value
    if (value !== first) return false
  }
  return true
}

function matched(column: Column, { moments }: JudgeParts): Test | undefined {
  const sets: { event: number; controls: number[]; cluster: number }[] = []
  moments.forEach(({ set, isEvent, cluster }, i) => {
    const one = (sets[set] ??= { event: Number.NaN, controls: [], cluster })
    if (isEvent) one.event = column.values[i] as number
    else one.controls.push(column.values[i] as number)
  })
  const whole: readonly MatchedSet[] = sets
  const result = matchedTest(whole)
  if (!result) return undefined
  const { effect, p, sets: judged, controls } = result
  const typical = { before: median(whole.map(({ event }) => event)), otherwise: median(whole.flatMap((one) => one.controls)) }
  return { column, effect, p, moments: judged, controls, typical }
}

function correlated(column: Column, { moments, isSameHour, own }: JudgeParts, observed: Float64Array): Test | undefined {
  const past = [...(own?.columns.values() ?? [])]
  const isKnown = (i: number) => !Number.isNaN(observed[i]) && [column, ...past].every(({ values }) => !Number.isNaN(values[i]))
  const rows = [...moments.keys()].filter(isKnown)
  if (rows.length < LEAST_OBSERVATIONS) return undefined
  const raw = (values: Float32Array | Float64Array) => Float64Array.from(rows, (i) => values[i] as number)
  const [x, y] = [raw(column.values), raw(observed)]
  const before = past.map(({ values }) => raw(values))
  const taken = rows.map((i) => moments[i] as Moment)
  // What differs between equipment, or comes every day at that hour, is no word about before and after.
  const means = [(one: Moment) => one.equipment ?? '', ...(isSameHour ? [hourOf] : [])]
  let estimated = past.length - 1
  for (const groupOf of means) {
    const groups = taken.map(groupOf)
    estimated += new Set(groups).size
    for (const values of [x, y, ...before]) withoutMeans(values, groups)
  }
  const middle = median(y)
  const half = (isAbove: boolean) =>
    median(rows.flatMap((i, k) => ((y[k] as number) > middle === isAbove ? [column.values[i] as number] : [])))
  const typical = { before: half(true), otherwise: half(false) }
  // What the target's own past foretells (it comes back to its mean, or it goes on) is no word of a signal that only moves with it.
  // By ranks: a few great moves would otherwise carry the past into all the small ones.
  const ranked = [x, y].map(centredRanks) as [Float64Array, Float64Array]
  takeOut(before.map(centredRanks), ranked)
  const { effect, p, effective } = rankCorrelation(...ranked, Math.max(0, estimated))
  return { column, effect, p, moments: rows.length, controls: 0, effective, typical }
}

const hourOf = ({ at }: Moment): string => String(Math.floor((at % DAY) / HOUR))

function withoutMeans(values: Float64Array, groups: readonly string[]): void {
  const sums = new Map<string, [sum: number, count: number]>()
  groups.forEach((group, i) => {
    const [sum, count] = sums.get(group) ?? [0, 0]
    sums.set(group, [sum + (values[i] as number), count + 1])
  })
  groups.forEach((group, i) => {
    const [sum, count] = sums.get(group) as [number, number]
    values[i] = (values[i] as number) - sum / count
  })
}

export function median(values: Iterable<number>): number {
  const sorted = Float64Array.from([...values].filter((value) => !Number.isNaN(value))).sort()
  return sorted.length === 0 ? Number.NaN : (sorted[Math.floor((sorted.length - 1) / 2)] as number)
}

/** Those whose false discovery rate is within what is accepted, each with it, the surest first. */
export function findingsOf(judged: readonly Judged[], fdr: number): { readonly judged: Judged; readonly q: number }[] {
  const rates = falseDiscoveryRates(judged.map(({ p }) => p))
  return judged
    .map((one, i) => ({ judged: one, q: rates[i] as number }))
    .filter(({ judged, q }) => q <= fdr && Math.abs(judged.best.effect) >= LEAST_EFFECT)
    .sort((a, b) => a.q - b.q || a.judged.p - b.judged.p || Math.abs(b.judged.best.effect) - Math.abs(a.judged.best.effect))
}

/** The stretch furthest back whose own comparisons of that feature are convincing after Bonferroni's correction over the signal's. */
export function earliestOf({ best, tests }: Judged, leadUs: Micros, level: number): Micros {
  const sure = tests.filter(({ column, effect, p }) => {
    const isSame = column.feature === best.column.feature && column.state === best.column.state
    return isSame && Math.sign(effect) === Math.sign(best.effect) && p * tests.length <= level
  })
  return Math.max(...[best, ...sure].map(({ column }) => STRETCHES[column.stretch]?.[0] ?? 0)) * leadUs
}
