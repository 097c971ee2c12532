import type { Derivation, DerivedSample, Outcome, Unit } from '../core/derivation.ts'
import type { Expression } from '../core/expression/index.ts'
import type { History, Series } from '../core/history.ts'
import { rank, Status } from '../core/status.ts'
import { type Micros, SECOND } from '../core/time.ts'
import type { DerivedSignal } from './config.ts'
import { isSignalChange, unitsWithin, versionOf } from './derivation-parts.ts'
import { compiled, type Input, inputsAt, type Reading, readAt, signalsOf, spansAt, worstOf } from './inputs.ts'
import { type Known, places } from './places.ts'

/** A signal computed from others: a sample at every time at which one of them has one. */
export function derive(declared: DerivedSignal, site: string, known: Known): Derivation {
  const relative = signalsOf(declared.inputs)
  const where = places(site, declared.for, relative, known)
  const inputsOf = (place: string) => inputsAt(place, declared.inputs, declared.tolerance, where, known)
  const name = declared.for === undefined ? declared.id : `${declared.for}/${declared.id}`
  const unit = (key: string, from: Micros, to: Micros): Unit => ({ definition: name, key, from, to })
  return {
    name,
    version: versionOf(declared),
    inputs: { signals: relative.map((one) => where.glob(one)), records: [], facts: [] },
    facts: 'none',
    // Samples that come faster than they are waited for would else make one unit that never ends.
    stretchUs: SECOND,
    origin: (signal, at) => {
      const [place] = where.of(signal, [declared.id])
      return place === undefined ? undefined : spansAt(inputsOf(place), at)
    },
    touched: async (changes, history) => {
      const found = changes
        .filter(isSignalChange)
        .flatMap((change) => where.of(change.signal, relative).map((place) => ({ change, place })))
      return Promise.all(
        found.map(async ({ change, place }) => {
          const { from, to } = await reach(change, inputsOf(place), history)
          return unit(place, from, to)
        }),
      )
    },
    within: (range, history) =>
      unitsWithin(where.all(), range, history, (place) => inputsOf(place).map((input) => input.signal)).then((found) =>
        found.map(({ place, from, to }) => unit(place, from, to + aheadOf(inputsOf(place)))),
      ),
    compute: async (units, history, { watermark }) => {
      const outcomes = await Promise.all(
        units.map(async ({ key, from, to }): Promise<Outcome[]> => {
          const inputs = inputsOf(key)
          const signal = where.id(key, declared.id)
          const expression = compiled(declared.expression, inputs, { type: declared.type, unit: declared.unit })
          // A unit that was cut at the watermark left out what a line after it was needed for.
          const [begin, end] = [from - aheadOf(inputs), Math.min(to, watermark) - aheadOf(inputs)]
          if (end < begin) return []
          const samples = await computed(signal, inputs, expression, { from: begin, to: end }, history)
          return [{ unit: unit(key, begin, end), facts: [], samples, signals: [signal] }]
        }),
      )
      return outcomes.flat()
    },
  }
}

/**
 * Times whose result depends on samples of a change: from them, or where lines are drawn from the sample before them, up to the one after them; but
 * results are only where there are samples.
 */
async function reach(change: { signal: string; from: Micros; to: Micros }, inputs: readonly Input[], history: History) {
  const own = inputs.filter(({ signal }) => signal === change.signal)
  const ahead = Math.max(0, ...own.map((input) => (input.interpolation === 'none' ? 0 : input.toleranceUs)))
  const back = Math.max(0, ...own.map((input) => (input.interpolation === 'linear' ? input.toleranceUs : 0)))
  const signals = [...new Set(inputs.map(({ signal }) => signal))]
  const all = await history.series({ signals, from: change.to + 1, to: change.to + ahead + 1, lookBackUs: 0 })
  const next = all[signals.indexOf(change.signal)]
  const until = next && next.count > 0 ? (next.time[0] as number) : Number.POSITIVE_INFINITY
  let to = change.to
  for (const { count, time } of all) {
    for (let row = count - 1; row >= 0; row--) {
      if ((time[row] as number) > until) continue
      to = Math.max(to, time[row] as number)
      break
    }
  }
  return { from: change.from - back, to: to + aheadOf(inputs) }
}

/** How long after a time it is certain what its result is: a line needs its other end. */
const aheadOf = (inputs: readonly Input[]): Micros =>
  Math.max(0, ...inputs.map((input) => (input.interpolation === 'linear' ? input.toleranceUs : 0)))

async function computed(
  signal: string,
  inputs: readonly Input[],
  expression: Expression,
  { from, to }: { from: Micros; to: Micros },
  history: History,
): Promise<DerivedSample[]> {
  const signals = [...new Set(inputs.map((input) => input.signal))]
  const tolerance = Math.max(...inputs.map(({ toleranceUs }) => toleranceUs))
  const series = await history.series({ signals, from, to: to + aheadOf(inputs) + 1, lookBackUs: tolerance })
  const byInput = inputs.map((input) => series[signals.indexOf(input.signal)] as Series)
  const rows = byInput.map(() => -1)
  const samples: DerivedSample[] = []
  for (const at of timesOf(series, from, to)) {
    byInput.forEach(({ count, time }, i) => {
      while ((rows[i] as number) + 1 < count && (time[(rows[i] as number) + 1] as number) <= at) (rows[i] as number)++
    })
    const readings = inputs.map((input, i) => readAt(input, byInput[i] as Series, rows[i] as number, at))
    samples.push({ signal, time: at, ...judged(inputs, readings, expression) })
  }
  return samples
}

/** Every time in [from, to] at which there is a sample. */
function timesOf(series: readonly Series[], from: Micros, to: Micros): Float64Array {
  const times = new Set<number>()
  for (const { count, time } of series) {
    for (let row = 0; row < count; row++) if ((time[row] as number) >= from && (time[row] as number) <= to) times.add(time[row] as number)
  }
  return Float64Array.from(times).sort()
}

/** Nothing is better than what it is made of: with a Bad input the result is Bad, even where the expression could do without it. */
function judged(inputs: readonly Input[], readings: readonly Reading[], expression: Expression): Omit<DerivedSample, 'signal' | 'time'> {
  const status = worstOf(readings.map((reading) => reading.status))
  const reasons = [...new Set(readings.flatMap(({ why }) => why ?? []))].sort()
  if (rank(status) === 2) return { value: Number.NaN, status, reasons }
  // Signals that a device brought are measured in something else than the expression was made for.
  if (expression.problems.length > 0) return { value: Number.NaN, status: Status.BadConfigurationError, reasons: [...reasons, 'unit'] }
  const value = expression.evaluate(Object.fromEntries(inputs.map(({ name }, i) => [name, readings[i]?.value])))
  if (value === undefined) return { value: Number.NaN, status: Status.Bad, reasons: [...reasons, 'no-result'] }
  if (typeof value === 'string') return { value: Number.NaN, text: value, status, reasons }
  return { value: Number(value), status, reasons }
}
