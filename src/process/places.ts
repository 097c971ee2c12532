import { compileGlob } from '../lib/glob.ts'
import { PROCESS_LIMITS } from './limits.ts'

/** What is known of the site's signals, by whole id. */
export interface Known {
  ids(): Iterable<string>
  signal(id: string): KnownSignal | undefined
}

export interface KnownSignal {
  readonly unit?: string | undefined
  readonly expectedPeriodUs?: number | undefined
  /** It only counts up. */
  readonly counter?: object | undefined
  /** It may go down, and a difference over a fall is meant. */
  readonly mayFall?: boolean | undefined
}

/** Where one declaration holds: at one place, or at every piece of equipment that its glob names and that has all its signals. */
export interface Places {
  /** Whole id of a signal of the declaration at a place; the place is an equipment path under the site, '' without glob. */
  id(place: string, relative: string): string
  /** The same for all places at once, as a glob. */
  glob(relative: string): string
  /** Places at which this whole id is that signal, or one of those signals. */
  of(id: string, relative: readonly string[]): string[]
  /** The place that a key stands for, the site's id for ''; undefined where it is none any more. */
  placeOf(key: string): string | undefined
  /** All of them; PROCESS_LIMITS.places at most. */
  all(): string[]
}

/** `needs`: signals of the declaration, relative to the place. Throws GlobError. */
export function places(site: string, glob: string | undefined, needs: readonly string[], known: Known): Places {
  const id = (place: string, relative: string) => (place === '' ? `${site}/${relative}` : `${site}/${place}/${relative}`)
  if (glob === undefined) {
    return {
      id,
      glob: (relative) => id('', relative),
      of: (one, relative) => (relative.some((own) => id('', own) === one) ? [''] : []),
      placeOf: () => '',
      all: () => [''],
    }
  }
  const matches = compileGlob(glob, { length: PROCESS_LIMITS.globLength, alternatives: PROCESS_LIMITS.globAlternatives })
  const isPlace = (place: string) => matches(place) && needs.every((relative) => known.signal(id(place, relative)) !== undefined)
  const placeAt = (one: string, relative: string): string | undefined => {
    const tail = `/${relative}`
    if (!one.startsWith(`${site}/`) || !one.endsWith(tail) || one.length <= site.length + 1 + tail.length) return undefined
    const place = one.slice(site.length + 1, -tail.length)
    return isPlace(place) ? place : undefined
  }
  return {
    id,
    glob: (relative) => `${site}/${glob}/${relative}`,
    of: (one, relative) => [...new Set(relative.flatMap((own) => placeAt(one, own) ?? []))],
    placeOf: (key) => (isPlace(key) ? key : undefined),
    all: () => {
      const found = new Set<string>()
      for (const one of known.ids()) {
        const place = placeAt(one, needs[0] as string)
        if (place !== undefined && found.size < PROCESS_LIMITS.places) found.add(place)
      }
      return [...found].sort()
    },
  }
}
