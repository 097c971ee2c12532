import { isNull, rank, Status } from '../status.ts'
import { type AggregateConfiguration, configurationProblem } from './configuration.ts'
import { BITS, withBits } from './status.ts'

/** Samples of one signal by rising time, those around the period included so that its edges can be interpolated. */
export interface Samples {
  readonly count: number
  /** Microseconds. */
  readonly time: Float64Array
  readonly value: Float64Array
  readonly status: Uint32Array
}

/** What a sample is worth: Good, Uncertain and usable, or Bad or treated as Bad. */
export const KIND = { good: 0, uncertain: 1, bad: 2 } as const

/** Samples made ready for aggregates. */
export interface History extends Samples {
  readonly configuration: AggregateConfiguration
  /** KIND by sample, Uncertain being Bad where the configuration says so. */
  readonly kind: Uint8Array
  /** KIND by sample, Uncertain being Uncertain whatever the configuration says. */
  readonly severity: Uint8Array
  /** Row of the last usable sample before row `i`, or -1; `count + 1` long. */
  readonly before: Int32Array
  /** Row of the first usable sample from row `i` on, or `count`; `count + 1` long. */
  readonly after: Int32Array
}

/** Throws RangeError when the samples are not in order or the configuration contradicts itself. */
export function prepare(samples: Samples, configuration: AggregateConfiguration): History {
  const problem = configurationProblem(configuration)
  if (problem) throw new RangeError(problem)
  const { count, time, value, status } = onePerTime(withoutPlaceholders(samples))
  const kind = new Uint8Array(count)
  const severity = new Uint8Array(count)
  const before = new Int32Array(count + 1)
  const after = new Int32Array(count + 1)
  const uncertain = configuration.treatUncertainAsBad ? KIND.bad : KIND.uncertain
  let usable = -1
  for (let i = 0; i < count; i++) {
    const code = status[i] as number
    const v = value[i] as number
    const level = code === 0 && v - v === 0 ? 0 : isNull(code) || v - v !== 0 ? 2 : rank(code)
    severity[i] = level
    kind[i] = level === 1 ? uncertain : level
    before[i] = usable
    if (kind[i] !== KIND.bad) usable = i
  }
  before[count] = usable
  after[count] = count
  for (let i = count - 1; i >= 0; i--) after[i] = kind[i] === KIND.bad ? (after[i + 1] as number) : i
  return { count, time, value, status, configuration, kind, severity, before, after }
}

/** BadNoData before the first other sample says that the point was created: no sample of it (annex A.1). Later it is a Bad sample. */
function withoutPlaceholders(samples: Samples): Samples {
  let first = 0
  while (first < samples.count && (samples.status[first] as number) >>> 16 === Status.BadNoData >>> 16) first++
  if (first === 0) return samples
  const part = <A extends Float64Array | Uint32Array>(column: A) => column.subarray(first, samples.count) as A
  return { count: samples.count - first, time: part(samples.time), value: part(samples.value), status: part(samples.status) }
}

/** Of several samples at one time the last one counts, and its status says so (ExtraData). */
function onePerTime(samples: Samples): Samples {
  let repeated = 0
  for (let i = 1; i < samples.count; i++) {
    const step = (samples.time[i] as number) - (samples.time[i - 1] as number)
    if (!(step >= 0)) throw new RangeError('samples must be in order of time')
    if (step === 0) repeated++
  }
  if (repeated === 0) return samples
  const count = samples.count - repeated
  const out = { count, time: new Float64Array(count), value: new Float64Array(count), status: new Uint32Array(count) }
  let to = -1
  for (let i = 0; i < samples.count; i++) {
    const extra = to >= 0 && out.time[to] === samples.time[i]
    if (!extra) to++
    out.time[to] = samples.time[i] as number
    out.value[to] = samples.value[i] as number
    out.status[to] = withBits(samples.status[i] as number, extra ? BITS.ExtraData : 0)
  }
  return out
}
