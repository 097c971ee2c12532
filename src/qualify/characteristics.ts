import { anomalyOf, type Characteristic, sufferingOf } from '../core/anomalies.ts'
import type { MeasureRow } from '../core/historian.ts'
import type { SignalDefinition } from '../core/signals.ts'

/**
 * Readings before a smallest step seen that is larger than the declared one says something: where one step in ten is the smallest, thirty readings
 * miss it once in 25 times (0.9^30).
 */
const LEAST_READINGS = 30

/** Quality of one signal over some hours. Shares are from 0 to 1; null: it cannot be known. */
export interface Quality {
  readonly samples: number
  readonly good: number
  readonly uncertain: number
  readonly bad: number
  readonly covered: { readonly good: number; readonly uncertain: number; readonly bad: number; readonly unknown: number }
  readonly characteristics: Readonly<Record<Characteristic, number | null>>
  /** The worst of the characteristics and of the share of time covered by Good readings. */
  readonly score: number | null
  readonly anomalies: Readonly<Record<string, number>>
  readonly reasons: Readonly<Record<string, number>>
  readonly delayMs: { readonly p50: number; readonly p95: number } | undefined
}

/**
 * Brings the hours of one signal together.
 *
 * - completeness: readings there are of those the `expectedPeriod` asks for; without one, the share of the time anything is known of the signal
 * - timeliness, accuracy, consistency: the share of readings without an anomaly that harms them
 * - precision: the declared resolution against the smallest step seen, 1 when steps are as small as declared; null without a declaration or a step, and
 *   while they are larger among fewer than `LEAST_READINGS`
 */
export function qualityOf(rows: readonly MeasureRow[], definition: SignalDefinition | undefined): Quality {
  const sum = (of: (row: MeasureRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  const [samples, good, uncertain, bad] = [sum((r) => r.samples), sum((r) => r.good), sum((r) => r.uncertain), sum((r) => r.bad)]
  const spans = [sum((r) => r.goodUs), sum((r) => r.uncertainUs), sum((r) => r.badUs), sum((r) => r.unknownUs)] as const
  const whole = spans.reduce((a, b) => a + b, 0)
  const share = (us: number) => (whole > 0 ? us / whole : 0)
  const covered = { good: share(spans[0]), uncertain: share(spans[1]), bad: share(spans[2]), unknown: share(spans[3]) }
  const reasons = totals(rows)
  const anomalies: Record<string, number> = {}
  const harmed: Partial<Record<Characteristic, number>> = {}
  for (const [reason, count] of Object.entries(reasons)) {
    const kind = anomalyOf(reason)
    anomalies[kind] = (anomalies[kind] ?? 0) + count
    const characteristic = sufferingOf(kind)
    if (characteristic) harmed[characteristic] = (harmed[characteristic] ?? 0) + count
  }
  const unharmed = (characteristic: Characteristic) => (samples > 0 ? Math.max(0, 1 - (harmed[characteristic] ?? 0) / samples) : null)
  const characteristics = {
    completeness: completeness(good + uncertain, whole, covered.unknown, definition),
    timeliness: unharmed('timeliness'),
    accuracy: unharmed('accuracy'),
    precision: precision(rows, good + uncertain, definition),
    consistency: unharmed('consistency'),
  }
  const known = [...Object.values(characteristics), whole > 0 ? covered.good : null].filter((one) => one !== null)
  return {
    samples,
    good,
    uncertain,
    bad,
    covered,
    characteristics,
    score: known.length > 0 ? Math.min(...known) : null,
    anomalies,
    reasons,
    delayMs: delay(rows),
  }
}

function totals(rows: readonly MeasureRow[]): Record<string, number> {
  const all: Record<string, number> = {}
  for (const { byReason } of rows) for (const [reason, count] of Object.entries(byReason)) all[reason] = (all[reason] ?? 0) + count
  return all
}

function completeness(usable: number, wholeUs: number, unknown: number, definition: SignalDefinition | undefined): number | null {
  if (wholeUs === 0) return null
  const period = definition?.expectedPeriodUs
  return period === undefined ? 1 - unknown : Math.min(1, usable / Math.max(1, Math.floor(wholeUs / period)))
}

function precision(rows: readonly MeasureRow[], readings: number, definition: SignalDefinition | undefined): number | null {
  const steps = rows.flatMap(({ resolution }) => (resolution === undefined ? [] : [resolution]))
  const declared = definition?.resolution
  if (declared === undefined || steps.length === 0) return null
  // Sums of decimals: a step a hair above the declared one is the declared one.
  const share = Math.min(1, (declared / Math.min(...steps)) * (1 + 1e-9))
  return share < 1 && readings < LEAST_READINGS ? null : share
}

/** Delays over several hours: the median of the hours' medians, and the worst hour's 95th percentile. */
function delay(rows: readonly MeasureRow[]): Quality['delayMs'] {
  const medians = rows.flatMap(({ delayP50Us }) => (delayP50Us === null ? [] : [delayP50Us])).sort((a, b) => a - b)
  const worst = rows.flatMap(({ delayP95Us }) => (delayP95Us === null ? [] : [delayP95Us]))
  const median = medians[medians.length >> 1]
  return median === undefined ? undefined : { p50: median / 1000, p95: Math.max(...worst) / 1000 }
}
