import type { Derivation, DerivedSample, Outcome, Unit } from '../core/derivation.ts'
import type { Expression } from '../core/expression/index.ts'
import type { History, Series } from '../core/history.ts'
import { rank, Status } from '../core/status.ts'
import { MINUTE, type Micros } from '../core/time.ts'
import type { StateMachine } from './config.ts'
import { isSignalChange, unitsWithin, versionOf } from './derivation-parts.ts'
import { compiled, type Input, inputsAt, signalsOf, spansAt } from './inputs.ts'
import { type Known, places } from './places.ts'
import { type Neutral, regionAround } from './region.ts'
import { type Stretch, truthOf } from './timeline.ts'

/** A state: its name, `null` where no condition is true, undefined where that is not known. */
type State = string | null | undefined

/** Stretches that follow one another in one state. */
interface StateRun {
  readonly state: State
  readonly start: Micros
  end: Micros
}

/** A text signal: the first state whose condition is true. A sample at every time at which an input has one, and wherever it becomes another. */
export function states(declared: StateMachine, site: string, known: Known): Derivation {
  const relative = signalsOf(declared.inputs)
  const where = places(site, declared.for, relative, known)
  const name = declared.for === undefined ? declared.id : `${declared.for}/${declared.id}`
  const unit = (key: string, from: Micros, to: Micros): Unit => ({ definition: name, key, from, to })
  const debounceUs = Math.round((declared.debounce ?? 0) * 1000)

  const computeOne = async ({ key, from, to }: Unit, history: History, watermark: Micros): Promise<Outcome> => {
    const inputs = inputsAt(key, declared.inputs, declared.tolerance, where, known)
    const signal = where.id(key, declared.id)
    const stateOf = stating(declared, inputs)
    const neutral = (stretches: readonly Stretch[]) => settled(runsOf(stretches, stateOf), debounceUs)
    const heldUs = Math.max(...inputs.map(({ toleranceUs }) => toleranceUs))
    const region = await regionAround(inputs, { from, to: Math.min(watermark, to + heldUs + 1) }, watermark, neutral, history)
    const runs = runsOf(region.stretches, stateOf)
    const samples: DerivedSample[] = []
    let shown: State
    let before: string | undefined
    let r = -1
    for (const { start, worst, status, isSampled } of region.stretches) {
      if (runs[r + 1]?.start === start) r++
      const run = runs[r] as StateRun
      // The first one is settled: that is why the region begins in it.
      if (r === 0 || isSettled(run, debounceUs)) shown = run.state
      const sample = { signal, time: start, ...sampleOf(shown, worst, status) }
      const told = JSON.stringify([sample.text, sample.status, sample.reasons])
      if (start >= region.from && start < region.to && (isSampled || told !== before)) samples.push(sample)
      before = told
    }
    const last = runs.at(-1)
    const pending = last && runs.length > 1 && !isSettled(last, debounceUs) ? [unit(key, last.start, last.start + debounceUs)] : []
    const next = region.isLatest ? [...pending, ...expiries(inputs, region.series, watermark).map((at) => unit(key, at, at))] : []
    return { unit: unit(key, region.from, region.to - 1), facts: [], samples, signals: [signal], ...(next.length > 0 && { next }) }
  }

  return {
    ...{ name, version: versionOf(declared), facts: 'none', stretchUs: MINUTE },
    inputs: { signals: relative.map((one) => where.glob(one)), records: [], facts: [] },
    origin: (signal, at) => {
      const [place] = where.of(signal, [declared.id])
      return place === undefined ? undefined : spansAt(inputsAt(place, declared.inputs, declared.tolerance, where, known), at)
    },
    touched: async (changes) =>
      changes.filter(isSignalChange).flatMap(({ signal, from, to }) => where.of(signal, relative).map((place) => unit(place, from, to))),
    within: async (range, history) =>
      (await unitsWithin(where.all(), range, history, (place) => relative.map((one) => where.id(place, one)))).map(({ place, from, to }) =>
        unit(place, from, to),
      ),
    compute: (units, history, { watermark }) =>
      Promise.all(units.filter(({ from }) => from <= watermark).map((one) => computeOne(one, history, watermark))),
  }
}

function stating(declared: StateMachine, inputs: readonly Input[]): (stretch: Stretch) => State {
  const conditions = Object.entries(declared.states).map(([state, text]): [string, Expression] => [
    state,
    compiled(text, inputs, { type: 'boolean' }),
  ])
  return ({ values }) => {
    for (const [state, condition] of conditions) {
      const truth = truthOf(condition, values)
      if (truth !== false) return truth ? state : undefined
    }
    return null
  }
}

function runsOf(stretches: readonly Stretch[], stateOf: (stretch: Stretch) => State): StateRun[] {
  const runs: StateRun[] = []
  for (const stretch of stretches) {
    const state = stateOf(stretch)
    const last = runs.at(-1)
    if (last && last.state === state) last.end = stretch.end
    else runs.push({ state, start: stretch.start, end: stretch.end })
  }
  return runs
}

/** One that lasts, or that is not known: nobody waits to say so. */
const isSettled = ({ state, start, end }: StateRun, debounceUs: Micros): boolean => state === undefined || end - start >= debounceUs

/** Moments in a run that would be settled by what comes after them alone: however far back it began, what follows is the same. */
function settled(runs: readonly StateRun[], debounceUs: Micros): Neutral[] {
  return runs.flatMap(({ state, start, end }) => {
    const [first, last] = [start + 1, state === undefined ? end : end - debounceUs]
    return first <= last ? [{ first, last }] : []
  })
}

/** Nothing is Good where an input is not, even where the state could be told without it. */
function sampleOf(state: State, worst: 0 | 1 | 2, status: number): Pick<DerivedSample, 'value' | 'text' | 'status' | 'reasons'> {
  const why = worst === 2 ? ['input-bad'] : worst === 1 ? ['input-uncertain'] : []
  if (state === undefined) return { value: Number.NaN, status: rank(status) === 2 ? status : Status.Bad, reasons: ['input-unknown'] }
  if (state === null) return { value: Number.NaN, status: worst > 0 ? Status.Bad : Status.GoodNoData, reasons: [...why, 'no-state'] }
  return { value: Number.NaN, text: state, status: worst === 2 ? Status.UncertainSubNormal : status, reasons: why }
}

/** When the newest samples of the inputs will be too old. */
function expiries(inputs: readonly Input[], series: readonly Series[], watermark: Micros): Micros[] {
  const times = inputs.flatMap(({ toleranceUs }, i) => {
    const { count, time } = series[i] as Series
    const at = count > 0 ? (time[count - 1] as number) + toleranceUs + 1 : 0
    return at > watermark ? [at] : []
  })
  return [...new Set(times)]
}
