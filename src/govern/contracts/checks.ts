import { CONTRACT_METRICS, type ContractCheck, type ContractMetric } from '../../core/contracts.ts'
import { CONTRACT_LIMITS } from './limits.ts'
import type { Odcs } from './schema.ts'

export type WrittenCheck = NonNullable<NonNullable<Odcs['schema']>[number]['quality']>[number]

/** Why an entry of `quality` is not kept while data flows; `name` is the word that is not understood. */
export interface Unsupported {
  readonly unsupported: 'type' | 'metric' | 'operator' | 'argument' | 'unit'
  readonly name: string
}

/** Operators of the standard that say what a metric may be. */
const OPERATORS = [
  'mustBe',
  'mustBeGreaterThan',
  'mustBeGreaterOrEqualTo',
  'mustBeLessThan',
  'mustBeLessOrEqualTo',
  'mustBeBetween',
] as const
const OTHER_OPERATORS = ['mustNotBe', 'mustNotBeBetween'] as const

/** The argument a metric takes; another one would change its meaning. */
const ARGUMENT: Readonly<Record<ContractMetric, string | undefined>> = {
  nullValues: undefined,
  missingValues: 'missingValues',
  invalidValues: 'validValues',
  rowCount: undefined,
}

/**
 * One entry of a property's `quality` as it is kept: a metric of the standard's library over the samples of one hour (UTC, as received) of all
 * signals of the property. Text is for people: undefined.
 */
export function readCheck(written: WrittenCheck): ContractCheck | Unsupported | undefined {
  const type = written.type ?? ((written.metric ?? written.rule) ? 'library' : 'text')
  if (type === 'text') return undefined
  if (type !== 'library') return { unsupported: 'type', name: type }
  const named = written.metric ?? written.rule ?? ''
  const metric = CONTRACT_METRICS.find((one) => one === named)
  if (!metric) return { unsupported: 'metric', name: named }
  const values = readArguments(metric, written.arguments ?? {})
  if ('unsupported' in values) return values
  const unit = written.unit?.toLowerCase() ?? 'rows'
  if (!['rows', 'percent', '%'].includes(unit)) return { unsupported: 'unit', name: written.unit ?? '' }
  const limits = readOperators(written)
  if ('unsupported' in limits) return limits
  const percent = unit !== 'rows' && metric !== 'rowCount'
  const { said, ...range } = limits
  return { name: written.name ?? `${metric} ${said}${percent ? ' %' : ''}`, metric, percent, ...range, ...values }
}

function readArguments(
  metric: ContractMetric,
  given: Readonly<Record<string, unknown>>,
): Pick<ContractCheck, 'values' | 'nulls'> | Unsupported {
  const own = ARGUMENT[metric]
  const foreign = Object.keys(given).find((name) => name !== own)
  if (foreign !== undefined) return { unsupported: 'argument', name: foreign }
  const listed = own === undefined ? undefined : given[own]
  if (listed === undefined)
    return metric === 'invalidValues'
      ? { unsupported: 'argument', name: 'validValues' }
      : { values: undefined, nulls: metric !== 'rowCount' }
  const isList = Array.isArray(listed) && listed.length <= CONTRACT_LIMITS.states
  if (!isList || listed.some((value) => value !== null && !['string', 'number', 'boolean'].includes(typeof value)))
    return { unsupported: 'argument', name: own ?? '' }
  return { values: listed.filter((value) => value !== null).map(String), nulls: metric === 'missingValues' && listed.includes(null) }
}

function readOperators(
  written: WrittenCheck,
): (Pick<ContractCheck, 'low' | 'high' | 'lowOpen' | 'highOpen'> & { said: string }) | Unsupported {
  const foreign = OTHER_OPERATORS.find((name) => written[name] !== undefined)
  if (foreign) return { unsupported: 'operator', name: foreign }
  const given = OPERATORS.filter((name) => written[name] !== undefined)
  if (given.length === 0) return { unsupported: 'operator', name: 'mustBe' }
  const range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, lowOpen: false, highOpen: false }
  for (const name of given) {
    const [low, high = low] = [written[name]].flat() as unknown[]
    if (typeof low !== 'number' || typeof high !== 'number') return { unsupported: 'operator', name }
    if (name !== 'mustBeLessThan' && name !== 'mustBeLessOrEqualTo' && low >= range.low)
      Object.assign(range, { low, lowOpen: name === 'mustBeGreaterThan' })
    if (name !== 'mustBeGreaterThan' && name !== 'mustBeGreaterOrEqualTo' && high <= range.high)
      Object.assign(range, { high, highOpen: name === 'mustBeLessThan' })
  }
  return { ...range, said: given.map((name) => `${name} ${[written[name]].flat().join('-')}`).join(', ') }
}
