import { z } from 'zod'
import { FUNCTIONS, type FunctionName } from '../core/aggregates/index.ts'
import { duration, label, unitText } from '../core/config-parts.ts'
import { LIMITS } from '../core/limits.ts'
import { fieldName } from '../core/record-kinds.ts'
import { isZone } from '../core/zone.ts'
import { CORRELATE_LIMITS } from './limits.ts'
import { READY, type ReadyName } from './ready/index.ts'

/**
 * How a related interval lies to the one that is asked for: Allen's relations, where `overlaps` is any time in common; `begins` and `ends`: it does so within the interval, so
 * that of neighbouring intervals exactly one has it.
 */
export const RELATIONS = [
  'overlaps',
  'begins',
  'ends',
  'during',
  'starts',
  'finishes',
  'contains',
  'before',
  'after',
  'meets',
  'equals',
] as const
export type Relation = (typeof RELATIONS)[number]

const source = z
  .string()
  .min(1)
  .max(LIMITS.idLength)
  .describe('Id under the site, e.g. energy/main/power; with ./ before it, under the equipment of the record: ./motor/current')
const cel = z.string().min(1).max(4_096)
const related = fieldName.describe('Name of an event or of a kind of record')
const where = cel
  .optional()
  .describe('Only those for which this is true (CEL): their fields or values by name, those of the record as each.NAME')
/** More would be cut in silence. */
const upToReach = duration.refine((ms) => ms * 1000 <= CORRELATE_LIMITS.reachUs, '@upToDay')
const within = upToReach.optional().describe('How far before, after or beyond the interval; default 1h, at most 24h')
const relation = z.enum(RELATIONS).default('overlaps')

const functionName = z.enum(Object.keys(FUNCTIONS) as [FunctionName, ...FunctionName[]])

const aggregateValue = z.strictObject({
  signal: source,
  function: functionName.describe('Function of OPC 10000-13 over the interval'),
  unit: unitText.optional().describe('Unit of the result where the function keeps that of the signal'),
  minimumCoverage: z.number().min(0).max(1).default(0).describe('Below this share of the interval there is no value'),
})
const asOfValue = z.strictObject({
  signal: source,
  at: fieldName.describe('from, to, or a field of the record that holds a time'),
  asOf: z.enum(['before', 'after', 'nearest']).default('before'),
  tolerance: duration.optional().describe('How far the sample may be from the moment; default that of the correlation'),
  unit: unitText.optional(),
})
const coveredBy = source
  .optional()
  .describe('Signal without which such events would not be seen: what it covers of the interval is the coverage')
const countValue = z.strictObject({ count: related, relation, within, where, coveredBy })
const durationValue = z.strictObject({ duration: related, relation: z.literal('overlaps').default('overlaps'), where, coveredBy })
const listValue = z.strictObject({ list: related, relation, within, where, coveredBy })
const takenValue = z.strictObject({
  of: related,
  value: fieldName.describe('Number among their fields or values'),
  take: z.enum(['sum', 'average', 'minimum', 'maximum', 'first', 'last']),
  ...{ relation, within, where, coveredBy },
  unit: unitText.optional(),
})
const nextValue = z.strictObject({
  next: related,
  from: z.enum(['from', 'to']).default('from').describe('Counted from the beginning or the end of the interval'),
  within: upToReach.describe('Longest time until it begins; at most 24h'),
  measure: z.enum(['delay', 'value']).default('delay').describe('delay: seconds until it begins; value: its value `of`, or its key'),
  of: fieldName.optional().describe('Value of the event, or field of the record'),
  where,
})
const expressionValue = z.strictObject({
  expression: cel.describe('CEL over the values by name, and the fields of the record as each.NAME'),
  type: z.enum(['number', 'boolean', 'text']).default('number'),
  unit: unitText.optional(),
})

/** One value of a correlation: which kind it is follows from its keys. */
export const joinValue = z.union([aggregateValue, asOfValue, countValue, durationValue, listValue, takenValue, nextValue, expressionValue])
export type JoinValue = z.output<typeof joinValue>
export type AggregateValue = z.output<typeof aggregateValue>
export type AsOfValue = z.output<typeof asOfValue>
export type RelatedValue =
  | z.output<typeof countValue>
  | z.output<typeof durationValue>
  | z.output<typeof listValue>
  | z.output<typeof takenValue>
export type TakenValue = z.output<typeof takenValue>
export type NextValue = z.output<typeof nextValue>
export type ExpressionValue = z.output<typeof expressionValue>

export const correlation = z
  .strictObject({
    label: label.optional(),
    each: fieldName.describe('Kind of record, or event, that is joined'),
    use: z
      .string()
      .min(1)
      .max(64)
      .default('default')
      .describe('What for: which authority decides where several sources tell the same record'),
    during: z
      .strictObject({
        from: fieldName.optional().describe('Field that begins the interval; default the record’s validity or the event’s beginning'),
        to: fieldName.optional(),
        before: duration.prefault('0s').describe('So much earlier'),
        after: duration.prefault('0s').describe('So much later'),
      })
      .prefault({}),
    equipment: z.string().min(1).max(LIMITS.idLength).optional().describe('Path under the site; default that of the record'),
    tolerance: duration.optional().describe('How far times may be apart and still count as the same. Required: nobody can guess it'),
    lookBack: upToReach.prefault('24h').describe('How long a reading holds when its signal declares no expectedPeriod; at most 24h'),
    progress: duration.prefault('30s').describe('What goes on is published again at most this often'),
    values: z
      .record(fieldName, joinValue)
      .refine((values) => Object.keys(values).length <= CORRELATE_LIMITS.values, `more than ${CORRELATE_LIMITS.values} values`),
  })
  .describe('What is found for each record of a kind, or each event: readings, other records and events of its time and place')
export type Correlation = z.output<typeof correlation>

const text = z.string().min(1).max(2_000)
const zoneName = z.string().max(64).refine(isZone, '@badZone')

/** A figure with the describing fields of ISO 22400-1. */
const range = z
  .strictObject({ lower: z.number().optional(), upper: z.number().optional() })
  .describe('What it can logically be; outside it is Uncertain, and so is what is made of it')

export const kpi = z
  .strictObject({
    label: label.optional(),
    id: z.string().min(1).max(64).optional().describe('Number or short name in the books of the plant'),
    ready: z
      .enum(Object.keys(READY) as [ReadyName, ...ReadyName[]])
      .optional()
      .describe('A figure that is defined already; keys given here replace its own'),
    description: text.optional(),
    scope: text.optional().describe('What it is about: unit, line, product, order'),
    notes: text.optional(),
    formula: cel.optional().describe('CEL over the inputs and parts by name'),
    parts: z
      .record(fieldName, z.strictObject({ expression: cel, unit: unitText.optional(), range: range.optional() }))
      .optional()
      .describe('Figures on the way to it, published beside it'),
    unit: unitText.optional(),
    range: range.optional(),
    trend: z.enum(['higher', 'lower']).optional().describe('Which way is better'),
    timing: z
      .enum(['real-time', 'periodically', 'on-demand'])
      .default('periodically')
      .describe(
        'real-time: also while the period goes on; periodically: when it is over; on-demand: when somebody asks for it (recompute)',
      ),
    audience: z
      .array(z.enum(['operator', 'supervisor', 'management']))
      .max(3)
      .optional(),
    per: z
      .union([z.enum(['hour', 'day']), z.strictObject({ record: fieldName })], '@badPeriod')
      .describe('Period: hour, day, or each record of a kind (shifts, orders)'),
    zone: zoneName.default('UTC').describe('Where the day begins at midnight, e.g. Europe/Paris'),
    equipment: z
      .string()
      .min(1)
      .max(LIMITS.idLength)
      .optional()
      .describe('Pattern of declared paths, one figure each: packaging/*; absent: one for all'),
    use: z
      .string()
      .min(1)
      .max(64)
      .default('default')
      .describe('What for: which authority decides where several sources tell the same record'),
    tolerance: duration.prefault('0s').describe('How far times may be apart and still count as the same'),
    lookBack: upToReach.prefault('24h').describe('How long a reading holds when its signal declares no expectedPeriod; at most 24h'),
    progress: duration.prefault('30s').describe('real-time: published again at most this often'),
    inputs: z
      .record(fieldName, joinValue)
      .refine((inputs) => Object.keys(inputs).length <= CORRELATE_LIMITS.values / 2, `more than ${CORRELATE_LIMITS.values / 2} inputs`),
  })
  .describe('A figure per period and equipment')
export type Kpi = z.output<typeof kpi>

/** Keys of `ecluse.yaml` that this part reads. */
export const correlateConfig = {
  correlations: z
    .record(fieldName, correlation)
    .refine((all) => Object.keys(all).length <= CORRELATE_LIMITS.correlations, `more than ${CORRELATE_LIMITS.correlations}`)
    .default({})
    .describe('Joins of signals, events and records, by name'),
  kpis: z
    .record(fieldName, kpi)
    .refine((all) => Object.keys(all).length <= CORRELATE_LIMITS.correlations, `more than ${CORRELATE_LIMITS.correlations}`)
    .default({})
    .describe('Figures per period and equipment, by name'),
}
