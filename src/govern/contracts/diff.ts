import type { Contract, ContractProperty, ContractRange, ServiceLevel } from '../../core/contracts.ts'
import { durationUs } from './contract.ts'

/** What can differ between two versions of a contract. Words for each are in the tables of the commands. */
export const CHANGE_KINDS = [
  'id',
  'version',
  'status-withdrawn',
  'status',
  'ot-owner',
  'it-owner',
  'meaning',
  'timestamp-rule',
  'change-process',
  'acceptance-evidence',
  'permitted-use-removed',
  'permitted-use-added',
  'forbidden-use-added',
  'forbidden-use-removed',
  'property-removed',
  'property-added',
  'type',
  'unit',
  'signal',
  'range-widened',
  'range-narrowed',
  'states-added',
  'states-removed',
  'no-longer-required',
  'now-required',
  'no-longer-unique',
  'now-unique',
  'minimum-status-lowered',
  'minimum-status-raised',
  'service-removed',
  'service-added',
  'service-loosened',
  'service-tightened',
  'service-changed',
] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

export interface ContractChange {
  /** True when someone who relied on the first version may be wrong about the second. */
  readonly breaking: boolean
  readonly kind: ChangeKind
  /** Element path; empty for the contract itself. */
  readonly where: string
  readonly before: string
  readonly after: string
}

/** The kinds that break a promise. A widened range breaks it: a value may come that the reader never had to expect. */
const BREAKING: ReadonlySet<ChangeKind> = new Set([
  'id',
  'status-withdrawn',
  'meaning',
  'timestamp-rule',
  'permitted-use-removed',
  'forbidden-use-added',
  'property-removed',
  'type',
  'unit',
  'signal',
  'range-widened',
  'states-added',
  'no-longer-required',
  'no-longer-unique',
  'minimum-status-lowered',
  'service-removed',
  'service-loosened',
  'service-changed',
])

/** Of these a first word is a clarification: nothing was promised before. */
const CLARIFIED: ReadonlySet<ChangeKind> = new Set(['meaning', 'timestamp-rule', 'type', 'unit', 'signal'])

/** What changed from `a` to `b`, the breaking changes first, in the order of the contract. */
export function diffContracts(a: Contract, b: Contract): ContractChange[] {
  const changes = [...wholeChanges(a, b), ...propertiesChanges(a.properties, b.properties), ...serviceChanges(a.service, b.service)]
  return [...changes.filter(({ breaking }) => breaking), ...changes.filter(({ breaking }) => !breaking)]
}

function change(kind: ChangeKind, where: string, before: unknown, after: unknown): ContractChange {
  const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value))
  const breaking = BREAKING.has(kind) && !(CLARIFIED.has(kind) && before === undefined)
  return { breaking, kind, where, before: text(before), after: text(after) }
}

function wholeChanges(a: Contract, b: Contract): ContractChange[] {
  const differs = (kind: ChangeKind, before: unknown, after: unknown) => (before === after ? [] : [change(kind, '', before, after)])
  return [
    ...differs('id', a.id, b.id),
    ...differs('version', a.version, b.version),
    ...differs(promises(a) && !promises(b) ? 'status-withdrawn' : 'status', a.status, b.status),
    ...differs('ot-owner', a.otOwner, b.otOwner),
    ...differs('it-owner', a.itOwner, b.itOwner),
    ...differs('meaning', a.meaning, b.meaning),
    ...differs('timestamp-rule', a.timestampRule, b.timestampRule),
    ...differs('change-process', a.changeProcess, b.changeProcess),
    ...differs('acceptance-evidence', a.acceptanceEvidence, b.acceptanceEvidence),
    ...without(a.permittedUses, b.permittedUses).map((use) => change('permitted-use-removed', '', use, '')),
    ...without(b.permittedUses, a.permittedUses).map((use) => change('permitted-use-added', '', '', use)),
    ...without(b.forbiddenUses, a.forbiddenUses).map((use) => change('forbidden-use-added', '', '', use)),
    ...without(a.forbiddenUses, b.forbiddenUses).map((use) => change('forbidden-use-removed', '', use, '')),
  ]
}

const promises = ({ status }: Contract): boolean => status === 'active' || status === 'deprecated'
const without = (all: readonly string[], taken: readonly string[]): string[] => all.filter((one) => !taken.includes(one))

function propertiesChanges(a: readonly ContractProperty[], b: readonly ContractProperty[]): ContractChange[] {
  const after = new Map(b.map((property) => [property.name, property]))
  const before = new Set(a.map(({ name }) => name))
  return [
    ...a.flatMap((property) => {
      const same = after.get(property.name)
      return same ? propertyChanges(property, same) : [change('property-removed', property.name, property.signal ?? property.name, '')]
    }),
    ...b.filter(({ name }) => !before.has(name)).map(({ name, signal }) => change('property-added', name, '', signal ?? name)),
  ]
}

function propertyChanges(a: ContractProperty, b: ContractProperty): ContractChange[] {
  const where = a.name
  const differs = (kind: ChangeKind, before: unknown, after: unknown) => (before === after ? [] : [change(kind, where, before, after)])
  return [
    ...differs('type', a.logicalType, b.logicalType),
    ...differs('unit', a.unit, b.unit),
    ...differs('signal', a.signal, b.signal),
    ...differs('meaning', a.meaning, b.meaning),
    ...differs('timestamp-rule', a.timestampRule, b.timestampRule),
    ...rangeChanges(where, a.range, b.range),
    ...statesChanges(where, a.states, b.states),
    ...differs(a.required ? 'no-longer-required' : 'now-required', a.required, b.required),
    ...differs(a.unique ? 'no-longer-unique' : 'now-unique', a.unique, b.unique),
    ...differs(strictness(b) < strictness(a) ? 'minimum-status-lowered' : 'minimum-status-raised', a.minimumStatus, b.minimumStatus),
  ]
}

const strictness = ({ minimumStatus }: ContractProperty): number => (minimumStatus === 'Good' ? 2 : minimumStatus === 'Uncertain' ? 1 : 0)

function rangeChanges(where: string, a: ContractRange, b: ContractRange): ContractChange[] {
  const wider =
    b.low < a.low || b.high > a.high || (b.low === a.low && a.lowOpen && !b.lowOpen) || (b.high === a.high && a.highOpen && !b.highOpen)
  const same = b.low === a.low && b.high === a.high && b.lowOpen === a.lowOpen && b.highOpen === a.highOpen
  if (same) return []
  return [change(wider ? 'range-widened' : 'range-narrowed', where, rangeText(a), rangeText(b))]
}

/** `[0, 9[`; an absent limit is infinite. */
function rangeText({ low, high, lowOpen, highOpen }: ContractRange): string {
  const left = lowOpen || low === Number.NEGATIVE_INFINITY ? ']' : '['
  const right = highOpen || high === Number.POSITIVE_INFINITY ? '[' : ']'
  const number = (value: number) => (Number.isFinite(value) ? String(value) : value > 0 ? '∞' : '-∞')
  return `${left}${number(low)}, ${number(high)}${right}`
}

/** No list means any state. */
function statesChanges(where: string, a: readonly string[] | undefined, b: readonly string[] | undefined): ContractChange[] {
  if (!a && !b) return []
  if (!b) return [change('states-added', where, a?.join(' '), '*')]
  if (!a) return [change('states-removed', where, '*', b.join(' '))]
  const added = without(b, a)
  const removed = without(a, b)
  return [
    ...(added.length > 0 ? [change('states-added', where, '', added.join(' '))] : []),
    ...(removed.length > 0 ? [change('states-removed', where, removed.join(' '), '')] : []),
  ]
}

/** Which way is worse for the reader, by the names that the standard gives; of any other name nobody can say. */
const SMALLER_IS_BETTER = /^(latency|frequency|errorRate|timeToDetect|timeToNotify|timeToRepair)$/i
const LARGER_IS_BETTER = /^(availability|throughput|retention)$/i

function serviceChanges(a: readonly ServiceLevel[], b: readonly ServiceLevel[]): ContractChange[] {
  const keyOf = ({ property, element }: ServiceLevel): string => `${property.toLowerCase()} ${element}`
  const text = ({ value, unit }: ServiceLevel): string => `${value}${unit === undefined ? '' : ` ${unit}`}`
  const where = ({ property, element }: ServiceLevel): string => (element === '' ? property : `${element} ${property}`)
  const after = new Map(b.map((level) => [keyOf(level), level]))
  const before = new Set(a.map(keyOf))
  return [
    ...a.flatMap((level) => {
      const same = after.get(keyOf(level))
      if (!same) return [change('service-removed', where(level), text(level), '')]
      const kind = serviceKind(level, same)
      return kind ? [change(kind, where(level), text(level), text(same))] : []
    }),
    ...b.filter((level) => !before.has(keyOf(level))).map((level) => change('service-added', where(level), '', text(level))),
  ]
}

function serviceKind(a: ServiceLevel, b: ServiceLevel): ChangeKind | undefined {
  const [before, after] = a.unit === b.unit ? [numberOf(a), numberOf(b)] : [durationUs(a), durationUs(b)]
  if (before === undefined || after === undefined) return a.value === b.value && a.unit === b.unit ? undefined : 'service-changed'
  if (before === after) return undefined
  if (SMALLER_IS_BETTER.test(a.property)) return after > before ? 'service-loosened' : 'service-tightened'
  if (LARGER_IS_BETTER.test(a.property)) return after < before ? 'service-loosened' : 'service-tightened'
  return 'service-changed'
}

function numberOf({ value }: ServiceLevel): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}
