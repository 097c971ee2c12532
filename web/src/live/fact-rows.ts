import type { Definition, FactView } from '../../../src/api/schemas.ts'
import type { Change, FieldValue } from './record-rows.ts'
import { termsOf } from './terms.ts'

export type FactValue = FactView['values'][string]

const SEVERITY = { Good: 0, Uncertain: 1, Bad: 2 } as const
export type FactStanding = 0 | 1 | 2

/** Of its values; a fact without any is Good. */
export const worstOfFact = ({ values }: FactView): FactStanding =>
  Object.values(values).reduce<FactStanding>((worst, { status }) => (SEVERITY[status] > worst ? SEVERITY[status] : worst), 0)

/** The smallest share of the time that inputs of its values covered; null where time plays no part. */
export function coverageOf({ values }: FactView): number | null {
  const shares = Object.values(values).flatMap(({ coverage }) => (coverage === null ? [] : [coverage]))
  return shares.length === 0 ? null : Math.min(...shares)
}

export const reasonsOf = ({ values }: FactView): string[] => [...new Set(Object.values(values).flatMap(({ reasons }) => reasons))]

/** Instants that stand in a key, as RFC 3339. */
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g

/** A key as people read it: instants in it are written by `time`. */
export const shownKey = (key: string, time: (instant: string) => string): string => key.replace(INSTANT, time)

/** What a key says besides the equipment and the beginning, which have columns of their own; empty: nothing. */
export const ownKey = ({ key, equipment, from }: Pick<FactView, 'key' | 'equipment' | 'from'>): string =>
  key
    .split(' · ')
    .filter((part) => part !== equipment && !(INSTANT_ALONE.test(part) && Date.parse(part) === Date.parse(from)))
    .join(' · ')

const INSTANT_ALONE = new RegExp(`^${INSTANT.source}$`)

export function findFacts(facts: readonly FactView[], query: string): readonly FactView[] {
  const terms = termsOf(query)
  if (terms.length === 0) return facts
  return facts.filter(({ key, equipment, values }) => {
    const text = [key, equipment, ...Object.values(values).map(({ value }) => value)].join(' ').toLowerCase()
    return terms.every((term) => text.includes(term))
  })
}

/** What a column of the table is sorted by. */
export function factKey(fact: FactView, column: string): FieldValue {
  if (column === 'from' || column === 'key' || column === 'knownTime') return fact[column]
  if (column === 'equipment') return fact.equipment ?? null
  if (column === 'lasts') return fact.to === null ? Number.MAX_SAFE_INTEGER : Date.parse(fact.to) - Date.parse(fact.from)
  if (column === 'status') return worstOfFact(fact)
  if (column === 'coverage') return coverageOf(fact)
  return fact.values[column.replace(/^value:/, '')]?.value ?? null
}

/** Names of the values that facts have, in the order in which they first come. */
export const valueNames = (facts: readonly FactView[]): string[] => [...new Set(facts.flatMap(({ values }) => Object.keys(values)))]

/** What one revision says otherwise than the one before it. */
export function factChanges(before: FactView, after: FactView): Change[] {
  const frame = (['isWithdrawn', 'equipment', 'from', 'to'] as const).map((field) => ({
    ...{ field, before: before[field], after: after[field] },
  }))
  const names = new Set([...Object.keys(before.values), ...Object.keys(after.values)])
  const values = [...names]
    .filter((field) => JSON.stringify(before.values[field]) !== JSON.stringify(after.values[field]))
    .map((field) => ({ field, before: before.values[field]?.value, after: after.values[field]?.value }))
  return [...frame.filter((one) => (one.before ?? null) !== (one.after ?? null)), ...values]
}

/** Waiting for longer than this is worth a look. */
export const LAG_SECONDS = 60

export const isSlow = ({ lagSeconds }: Definition): boolean => lagSeconds > LAG_SECONDS

/** Stopped ones first, then slow ones, then those that have something to say; then by name. */
export const worseDefinition = (a: Definition, b: Definition): number =>
  Number(b.isStopped) - Number(a.isStopped) || Number(isSlow(b)) - Number(isSlow(a)) || (a.name < b.name ? -1 : 1)
