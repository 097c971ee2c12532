import { NEVER, type RecordKind, type RecordVersion } from './it-records.ts'
import type { Micros } from './time.ts'

/** The place a record is about, by what its system called it when it began. */
export function placeOfRecord(
  kinds: ReadonlyMap<string, RecordKind>,
  names: { placeOf(system: string | undefined, name: string, at: Micros): string | undefined },
  now: () => Micros,
): (record: RecordVersion) => string | undefined {
  return ({ kind, values, validFrom }) => {
    const equipment = kinds.get(kind)?.equipment
    const name = equipment && values[equipment.field]
    if (!equipment || typeof name !== 'string') return undefined
    return names.placeOf(equipment.system, name, validFrom === null || validFrom >= NEVER ? now() : validFrom)
  }
}
