import type { Definition, FactView, RecordKindView, RecordView } from '../../../src/api/schemas.ts'
import { ownKey } from './fact-rows.ts'
import { keyText } from './record-rows.ts'

/** Something that lasted, as a band over a trend. Times in seconds since the epoch. */
export interface Band {
  /** `fact:jam` or `record:flight`: which choice it belongs to. */
  readonly lane: string
  readonly key: string
  readonly text: string
  readonly from: number
  /** Infinity while it goes on. */
  readonly to: number
  readonly equipment: string | undefined
  readonly isDoubtful: boolean
}

/** True where the equipment is the place of the signal or above it; what belongs to no place belongs to all. */
export function isAbove(equipment: string | undefined, signal: string): boolean {
  if (equipment === undefined) return true
  const path = signal.slice(signal.indexOf('/') + 1)
  return path === equipment || path.startsWith(`${equipment}/`)
}

export const bandOfFact = (fact: FactView): Band => ({
  ...{ lane: `fact:${fact.definition}`, key: fact.key, text: ownKey(fact) || (fact.equipment ?? ''), equipment: fact.equipment },
  from: Date.parse(fact.from) / 1000,
  to: fact.to === null ? Number.POSITIVE_INFINITY : Date.parse(fact.to) / 1000,
  isDoubtful: Object.values(fact.values).some(({ status }) => status !== 'Good'),
})

/** Undefined for a record that does not say when it begins. */
export function bandOfRecord(record: RecordView): Band | undefined {
  if (record.validFrom === null || record.isDeleted) return undefined
  return {
    ...{ lane: `record:${record.kind}`, key: JSON.stringify(record.key), text: keyText(record.key) },
    equipment: record.equipment ?? undefined,
    from: Date.parse(record.validFrom) / 1000,
    to: record.validTo === null ? Number.POSITIVE_INFINITY : Date.parse(record.validTo) / 1000,
    isDoubtful: (record.disagrees?.length ?? 0) > 0,
  }
}

/** Bands of a record that its authoritative source tells; the others would be drawn over it. */
export const bandsOfRecords = (records: readonly RecordView[]): Band[] =>
  records.filter(({ authoritative }) => authoritative !== false).flatMap((record) => bandOfRecord(record) ?? [])

export interface LaneChoice {
  readonly lane: string
  readonly name: string
  readonly label: Definition['label']
  /** Bands in the period at the place of the signal, and elsewhere. */
  readonly here: number
  readonly elsewhere: number
}

/** What may be shown over the trend of a signal: what happened at its place comes first, then by name. */
export function laneChoices(
  definitions: readonly Pick<Definition, 'name' | 'type' | 'label'>[],
  kinds: readonly Pick<RecordKindView, 'name' | 'label' | 'validity'>[],
  bands: readonly Band[],
  signal: string,
): LaneChoice[] {
  const all = [
    ...definitions.filter(({ type }) => type === 'event' || type === 'join').map((one) => ({ ...one, lane: `fact:${one.name}` })),
    ...kinds.filter(({ validity }) => validity !== undefined).map((one) => ({ ...one, lane: `record:${one.name}` })),
  ]
  return all
    .map(({ lane, name, label }) => {
      const own = bands.filter((band) => band.lane === lane)
      const here = own.filter(({ equipment }) => isAbove(equipment, signal)).length
      return { lane, name, label, here, elsewhere: own.length - here }
    })
    .toSorted((a, b) => Number(b.here > 0) - Number(a.here > 0) || (a.lane < b.lane ? -1 : 1))
}

/** The bands to draw: of the chosen lanes, those at the place of the signal; of a lane that has none there, all. */
export function shownBands(bands: readonly Band[], lanes: readonly string[], signal: string): Band[] {
  return lanes.flatMap((lane) => {
    const own = bands.filter((band) => band.lane === lane)
    const here = own.filter(({ equipment }) => isAbove(equipment, signal))
    return (here.length > 0 ? here : own).toSorted((a, b) => a.from - b.from)
  })
}
