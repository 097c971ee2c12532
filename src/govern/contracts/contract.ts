import type { Contract, ContractProperty, ContractRange, ServiceLevel } from '../../core/contracts.ts'
import { isSignalId } from '../../core/names.ts'
import { readCheck } from './checks.ts'
import { CONTRACT_FIELDS, PROPERTY_FIELDS, readFields } from './fields.ts'
import type { Odcs } from './schema.ts'

type OdcsObject = NonNullable<Odcs['schema']>[number]
type OdcsProperty = NonNullable<OdcsObject['properties']>[number]

/** What Écluse understands of a contract that its schema accepts. Fields with a wrong value count as absent; lint names them. */
export function toContract(parsed: Odcs, file: string): Contract {
  const { fields } = readFields(CONTRACT_FIELDS, parsed.customProperties)
  const service = (parsed.slaProperties ?? []).flatMap((entry) => serviceLevels(entry, parsed.slaDefaultElement))
  const common = { states: fields.validStates, minimumStatus: fields.minimumStatus, service }
  return {
    id: parsed.id,
    version: parsed.version,
    status: parsed.status,
    name: parsed.name,
    language: fields.language,
    file,
    otOwner: fields.otOwner,
    itOwner: fields.itOwner,
    meaning: fields.meaning ?? parsed.description?.purpose,
    timestampRule: fields.timestampRule,
    acceptanceEvidence: fields.acceptanceEvidence,
    changeProcess: fields.changeProcess,
    permittedUses: fields.permittedUses ?? [],
    forbiddenUses: fields.forbiddenUses ?? [],
    properties: (parsed.schema ?? []).flatMap((object) =>
      flatten(object.name, object.properties, []).map(({ property, name }) => toProperty(object.name, name, property, common)),
    ),
    service,
  }
}

interface Common {
  readonly states: readonly string[] | undefined
  readonly minimumStatus: 'Good' | 'Uncertain' | undefined
  readonly service: readonly ServiceLevel[]
}

/** A property with its element path and its place in the file. */
export interface PlacedProperty {
  readonly property: OdcsProperty
  readonly name: string
  readonly path: readonly (string | number)[]
}

/** Properties and those inside them, in order. How deep they may lie is limited by the reader of the file. */
export function flatten(above: string, properties: readonly OdcsProperty[] = [], path: PlacedProperty['path']): PlacedProperty[] {
  return properties.flatMap((property, index) => {
    const here = { property, name: `${above}.${property.name}`, path: [...path, 'properties', index] }
    // The schema describes the inner ones by itself; only its type stops at the first level.
    return [here, ...flatten(here.name, property.properties as OdcsProperty[] | undefined, here.path)]
  })
}

function toProperty(object: string, name: string, property: OdcsProperty, common: Common): ContractProperty {
  const { fields } = readFields(PROPERTY_FIELDS, property.customProperties)
  return {
    name,
    signal: fields.signal ?? signalOfName(property.physicalName),
    logicalType: property.logicalType,
    unit: fields.unit,
    meaning: fields.meaning ?? property.description,
    timestampRule: fields.timestampRule,
    range: rangeOf(property.logicalTypeOptions),
    // States of the whole contract are meant for its texts; a current has none.
    states: fields.validStates ?? (property.logicalType === 'string' ? common.states : undefined),
    required: property.required ?? false,
    unique: property.unique ?? false,
    // Older than its own period on arrival is no current value.
    delayUs: timeOf(object, name, common.service, ['latency', 'frequency']),
    minimumStatus: fields.minimumStatus ?? common.minimumStatus,
    silenceUs: timeOf(object, name, common.service, ['freshness', 'frequency']),
    checks: (property.quality ?? []).flatMap((written) => {
      const check = readCheck(written)
      return check && !('unsupported' in check) ? [check] : []
    }),
  }
}

/** A physical name is a signal when it looks like an equipment path; a column's plain name does not. */
function signalOfName(name: string | undefined): string | undefined {
  return name?.includes('/') && (isSignalId(name) || isPattern(name)) ? name : undefined
}

/** True for what names several signals. */
export function isPattern(signal: string): boolean {
  return /[*?[{]/.test(signal)
}

function rangeOf(options: OdcsProperty['logicalTypeOptions'] = {}): ContractRange {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = options
  const low = Math.max(numberOr(minimum, Number.NEGATIVE_INFINITY), numberOr(exclusiveMinimum, Number.NEGATIVE_INFINITY))
  const high = Math.min(numberOr(maximum, Number.POSITIVE_INFINITY), numberOr(exclusiveMaximum, Number.POSITIVE_INFINITY))
  return { low, high, lowOpen: low === exclusiveMinimum, highOpen: high === exclusiveMaximum }
}

const numberOr = (given: unknown, otherwise: number): number => (typeof given === 'number' ? given : otherwise)

function serviceLevels(entry: NonNullable<Odcs['slaProperties']>[number], defaultElement = ''): ServiceLevel[] {
  const elements = (entry.element ?? defaultElement).split(',').map((element) => element.trim())
  return elements.map((element) => ({ property: entry.property, element, value: entry.value, unit: entry.unit }))
}

/** The first of these promises of time that is made of a property. */
function timeOf(object: string, name: string, service: readonly ServiceLevel[], promises: readonly string[]): number | undefined {
  const limits = promises.map((property) =>
    service
      .filter((level) => level.property.toLowerCase() === property && ['', object, name].includes(level.element))
      // The nearest one: the property's before its object's before the contract's.
      .sort((a, b) => b.element.length - a.element.length)
      .flatMap((level) => durationUs(level) ?? [])
      .at(0),
  )
  return limits.find((limit) => limit !== undefined)
}

const UNITS_US: readonly (readonly [RegExp, number])[] = [
  [/^(ms|milliseconds?)$/i, 1e3],
  [/^(s|sec|seconds?)$/i, 1e6],
  [/^(min|minutes?)$/i, 60e6],
  [/^(h|hr|hours?)$/i, 3600e6],
  [/^(d|days?)$/i, 86_400e6],
  [/^(y|yr|years?)$/i, 31_557_600e6],
]

/** A service level that is a time, in microseconds. `m` is left out: some mean minutes, some months. */
export function durationUs({ value, unit }: Pick<ServiceLevel, 'value' | 'unit'>): number | undefined {
  const factor = UNITS_US.find(([names]) => names.test(unit ?? ''))?.[1]
  const number = typeof value === 'string' ? Number(value) : value
  return factor !== undefined && typeof number === 'number' && number >= 0 ? number * factor : undefined
}
