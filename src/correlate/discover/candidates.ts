import type { EquipmentConfig } from '../../core/equipment.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { DISCOVER_LIMITS } from './limits.ts'

/** A signal that may have moved: one, or one of each equipment under the same name. */
export interface Candidate {
  /** `./motor/current` under the equipment, else the whole id. */
  readonly name: string
  readonly isState: boolean
  readonly unit?: string
  /** The longest over its signals; absent: not all declare one. */
  readonly expectedPeriodUs?: number
  /** Whole id by equipment; the empty name stands for any. */
  readonly ids: ReadonlyMap<string, string>
}

export const idAt = ({ ids }: Candidate, equipment: string | undefined): string | undefined => ids.get(equipment ?? '') ?? ids.get('')

export interface CandidateParts {
  readonly signals: readonly SignalDefinition[]
  readonly site: string
  readonly equipment: EquipmentConfig
  /** Of the moments; empty: nobody says where. */
  readonly places: readonly string[]
  readonly matches: ((signal: string) => boolean) | undefined
  /** The target itself. */
  readonly except: string | undefined
}

/** Those at the places, by their name under the place; then those of the same area that are at none of them; with a match, what it matches. */
export function candidatesOf(parts: CandidateParts): { candidates: Candidate[]; leftOut: number } {
  const { signals, site, equipment, places, matches, except } = parts
  const areas = new Set(places.map((place) => areaOf(place, equipment)))
  const near = new Map<string, SignalDefinition[]>()
  const placed = new Map<string, Map<string, string>>()
  const far: SignalDefinition[] = []
  const known = new Set(places)
  for (const signal of signals) {
    if (signal.id === except || (matches && !matches(signal.id))) continue
    const path = signal.id.slice(site.length + 1)
    const place = placeOver(path, known)
    if (place !== undefined) {
      const name = `./${path.slice(place.length + 1)}`
      near.set(name, [...(near.get(name) ?? []), signal])
      placed.set(name, (placed.get(name) ?? new Map()).set(place, signal.id))
    } else if (matches || places.length === 0 || [...areas].some((area) => area !== undefined && path.startsWith(`${area}/`)))
      far.push(signal)
  }
  const byName = (a: Candidate, b: Candidate) => (a.name < b.name ? -1 : 1)
  const all = [
    ...[...near].map(([name, list]) => candidate(name, list, placed.get(name) as Map<string, string>)).sort(byName),
    ...far.map((one) => candidate(one.id, [one], new Map([['', one.id]]))).sort(byName),
  ]
  return { candidates: all.slice(0, DISCOVER_LIMITS.signals), leftOut: Math.max(0, all.length - DISCOVER_LIMITS.signals) }
}

function candidate(name: string, list: readonly SignalDefinition[], ids: ReadonlyMap<string, string>): Candidate {
  const [first] = list as readonly [SignalDefinition]
  const periods = list.map(({ expectedPeriodUs }) => expectedPeriodUs ?? Number.POSITIVE_INFINITY)
  const expectedPeriodUs = Math.max(...periods)
  return {
    ...{ name, ids, isState: first.dataType !== 'number' || first.states !== undefined },
    ...(first.unit !== undefined && { unit: first.unit }),
    ...(Number.isFinite(expectedPeriodUs) && { expectedPeriodUs }),
  }
}

/** The place that a path lies under, the nearest one. */
function placeOver(path: string, places: ReadonlySet<string>): string | undefined {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const place = path.slice(0, end)
    if (places.has(place)) return place
  }
  return undefined
}

/** The declared area that a place is in, else what it stands under; undefined: it stands under the site itself. */
function areaOf(place: string, declared: EquipmentConfig): string | undefined {
  const parents = place.split('/').map((_, i, all) => all.slice(0, i + 1).join('/'))
  const area = parents.find((path) => Object.hasOwn(declared, path) && declared[path]?.level === 'area')
  return area ?? parents.at(-2)
}

/** Where a signal is: the nearest declared place above it, else what stands before its name. */
export function placeOfSignal(id: string, site: string, declared: EquipmentConfig): string | undefined {
  const path = id.slice(site.length + 1)
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  return placeOver(path, new Set(Object.keys(declared))) ?? (parent === '' ? undefined : parent)
}
