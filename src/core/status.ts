import { STATUS_CODES } from './status-codes.ts'

/** Name of an OPC UA status code, e.g. `UncertainLastUsableValue`. */
export type StatusName = keyof typeof STATUS_CODES
/** Top two bits of a status code. */
export type Severity = 'Good' | 'Uncertain' | 'Bad'

/** Status codes by name: `Status.BadNoCommunication`. */
export const Status: Readonly<Record<StatusName, number>> = STATUS_CODES

/** Severity rank of a code: 0 Good, 1 Uncertain, 2 Bad (the reserved top bits 11 count as Bad). */
export function rank(code: number): 0 | 1 | 2 {
  const top = code >>> 30
  return top === 0 ? 0 : top === 1 ? 1 : 2
}

const SEVERITIES: readonly Severity[] = ['Good', 'Uncertain', 'Bad']

/** `Good`, `Uncertain` or `Bad`. */
export function severity(code: number): Severity {
  return SEVERITIES[rank(code)] as Severity
}

const NAMES = new Map<number, StatusName>(Object.entries(STATUS_CODES).map(([name, code]) => [code >>> 16, name as StatusName]))

/** Name of a code without its info bits; a code outside the table is shown as `Bad(0x80ff0000)`. */
export function statusName(code: number): string {
  return NAMES.get(code >>> 16) ?? `${severity(code)}(0x${(code >>> 0).toString(16).padStart(8, '0')})`
}

/** The code of a name; undefined when nobody knows it. */
export function statusFromName(name: string): number | undefined {
  return Object.hasOwn(STATUS_CODES, name) ? STATUS_CODES[name as StatusName] : undefined
}

/** The worse of two codes; on equal severity the first is kept, so that a rule never renames a cause. */
export function worst(a: number, b: number): number {
  return rank(b) > rank(a) ? b : a
}

/** True where the value must be null: every Bad code, and GoodNoData. */
export function isNull(code: number): boolean {
  return rank(code) === 2 || code >>> 16 === Status.GoodNoData >>> 16
}
