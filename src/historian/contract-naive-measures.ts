import type { MeasureRow } from '../core/historian.ts'
import { rank } from '../core/status.ts'
import { HOUR, type Micros } from '../core/time.ts'

/** A stored sample with everything that its measures depend on. */
export interface Measured {
  readonly time: Micros
  readonly value?: number
  readonly status: number
  readonly reasons: readonly string[]
  readonly receivedTime: Micros
  /** Expected period of the definition it was written under. */
  readonly periodUs?: number | undefined
}

const has = (sample: Measured, ...names: string[]) => sample.reasons.some((reason) => names.includes(reason.split('@')[0] as string))

/** The measures of one signal and hour written down as the contract words them, microsecond by microsecond between two times that matter. */
export function naiveMeasures(signal: string, samples: readonly Measured[], hour: Micros, now: Micros): MeasureRow {
  const inside = samples.filter(({ time }) => time >= hour && time < hour + HOUR)
  const counted = samples.filter((sample) => !has(sample, 'duplicate'))
  const end = Math.min(hour + HOUR, now)
  const times = counted.flatMap(({ time, periodUs }) => [time, ...(periodUs ? [time + 2 * periodUs] : [])])
  const cuts = [...new Set([hour, end, ...times.filter((time) => time > hour && time < end)])].sort((a, b) => a - b)
  const covered = [0, 0, 0, 0]
  cuts.slice(0, -1).forEach((cut, i) => {
    const state = stateAt(counted, cut, hour)
    covered[state] = (covered[state] as number) + (cuts[i + 1] as number) - cut
  })
  const own = inside.filter((sample) => !has(sample, 'duplicate'))
  const byReason: Record<string, number> = {}
  for (const name of inside.flatMap(({ reasons }) => reasons)) byReason[name] = (byReason[name] ?? 0) + 1
  const timed = inside.filter((sample) => !has(sample, 'duplicate', 'late', 'source-silent', 'overdue', 'node-stopped'))
  const delays = timed.map(({ receivedTime, time }) => receivedTime - time).sort((a, b) => a - b)
  const steps = stepsOf(own)
  return {
    ...{ signal, hour, samples: inside.length },
    ...{ good: atRank(own, 0), uncertain: atRank(own, 1), bad: atRank(own, 2) },
    ...{ goodUs: covered[0] as number, uncertainUs: covered[1] as number, badUs: covered[2] as number, unknownUs: covered[3] as number },
    byReason,
    delayP50Us: delays[Math.ceil(0.5 * delays.length) - 1] ?? null,
    delayP95Us: delays[Math.ceil(0.95 * delays.length) - 1] ?? null,
    ...(steps.length > 0 && { resolution: Math.min(...steps) }),
  }
}

const atRank = (samples: readonly Measured[], wanted: number) => samples.filter(({ status }) => rank(status) === wanted).length

/** Severity at a time, 3 for unknown. */
function stateAt(samples: readonly Measured[], time: Micros, hour: Micros): number {
  const before = samples.filter((sample) => sample.time <= time)
  const newest = Math.max(...before.map((sample) => sample.time))
  if (newest < hour - 24 * HOUR) return 3
  const together = before.filter((sample) => sample.time === newest)
  const [first] = together
  if (!first || (first.periodUs && time >= newest + 2 * first.periodUs)) return 3
  return Math.max(...together.map(({ status }) => rank(status)))
}

function stepsOf(samples: readonly Measured[]): number[] {
  const order = [...samples].sort(
    (a, b) => a.time - b.time || rank(a.status) - rank(b.status) || (a.value ?? Infinity) - (b.value ?? Infinity),
  )
  return order.flatMap(({ value }, i) => {
    const before = order[i - 1]?.value
    const step = value === undefined || before === undefined ? 0 : Math.abs(value - before)
    return step > 0 ? [step] : []
  })
}
