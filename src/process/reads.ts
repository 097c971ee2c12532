import type { ProcessConfig } from './config.ts'
import { declaredItems, isUsable, needsOf, sortedItems } from './lint.ts'
import { type Known, type KnownSignal, places } from './places.ts'

/** What one declaration of `derive`, `windows`, `states` or `events` reads, at each place where it holds. */
export interface ProcessReads {
  readonly list: 'derive' | 'windows' | 'states' | 'events'
  /** In its list. */
  readonly index: number
  readonly glob: string | undefined
  readonly at: readonly {
    /** Equipment path under the site, '' without glob. */
    readonly place: string
    /** Whole id of the signal that is made, and what is known of it; undefined where events are made. */
    readonly makes: { readonly id: string; readonly signal: KnownSignal } | undefined
    /** Whole ids; they need not exist. */
    readonly reads: readonly { readonly signal: string; readonly ref: string }[]
  }[]
}

/** Asks every declaration what it reads. `signals`: what is known, by whole id; what is made of them is found as it comes. */
export function readsOf(
  config: ProcessConfig,
  { site, signals }: { site: string; signals: ReadonlyMap<string, KnownSignal> },
): ProcessReads[] {
  const all = new Map(signals)
  const known: Known = { ids: () => all.keys(), signal: (id) => all.get(id) }
  const found: ProcessReads[] = []
  for (const item of sortedItems(declaredItems(config).filter(isUsable))) {
    const needs = needsOf(item)
    const where = places(site, item.glob, needs, known)
    const at = where.all().map((place) => {
      const reads = needs.map((ref) => ({ signal: where.id(place, ref), ref }))
      if (item.makes === undefined) return { place, makes: undefined, reads }
      return { place, makes: { id: where.id(place, item.makes), signal: item.made(reads.map(({ signal }) => all.get(signal))) }, reads }
    })
    // After all places: a declaration does not see what it makes itself.
    for (const { makes } of at) if (makes) all.set(makes.id, makes.signal)
    const [list, index] = item.path as [ProcessReads['list'], number]
    found.push({ list, index, glob: item.glob, at })
  }
  return found
}
