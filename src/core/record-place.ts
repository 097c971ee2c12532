import { NEVER, type RecordKind, type RecordVersion } from './it-records.ts'
import type { Micros } from './time.ts'

/** Whose names of equipment a connection uses; undefined: paths under the site. */
export function systemOf({ system, systems = {} }: NonNullable<RecordKind['equipment']>, source: string): string | undefined {
  return Object.hasOwn(systems, source) ? systems[source] : system
}

/** The place a record is about, by what its system called it when it began. */
export function placeOfRecord(
  kinds: ReadonlyMap<string, RecordKind>,
  names: { placeOf(system: string | undefined, name: string, at: Micros): string | undefined },
  now: () => Micros,
): (record: RecordVersion) => string | undefined {
  return ({ kind, source, values, validFrom }) => {
    const equipment = kinds.get(kind)?.equipment
    const name = equipment && values[equipment.field]
    if (!equipment || typeof name !== 'string') return undefined
    return names.placeOf(systemOf(equipment, source), name, validFrom === null || validFrom >= NEVER ? now() : validFrom)
  }
}

/** Whether two records are about the same place, however it is called; false where nobody knows. */
export function isOnePlace(a: RecordVersion, b: RecordVersion, placeOf: (record: RecordVersion) => string | undefined): boolean {
  const place = placeOf(a)
  return place !== undefined && place === placeOf(b)
}
