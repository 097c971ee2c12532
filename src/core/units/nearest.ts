import { editDistance } from '../../lib/suggest.ts'
import { ALIASES, PREFIXED_ALIASES } from './aliases.ts'
import { METRIC, PLAIN, SCALES } from './atoms.ts'
import { rec20Units } from './rec20.ts'
import { UNIT_LIMITS } from './unit.ts'

/** Known units that look like an unknown one, the most alike first, at most `most`. Other capitals cost less than other letters. */
export function nearestUnits(text: string, most = 3): string[] {
  if (text.length > UNIT_LIMITS.characters) return []
  const allowed = text.length > 4 ? 2 : text.length > 1 ? 1 : 0.5
  return candidates()
    .map((known) => ({ known, far: distance(text, known) }))
    .filter(({ far }) => far <= allowed)
    .sort((a, b) => a.far - b.far || (a.known < b.known ? -1 : 1))
    .slice(0, most)
    .map(({ known }) => known)
}

/** Written often, yet neither an alias nor a code of Rec 20. */
const COMMON = ['kWh', 'MWh', 'Wh', 'kVA', 'kvar', 'barg', 'mbarg']

/** The preferred spelling first; the same letters in other capitals are not offered again when they mean the same. */
function candidates(): string[] {
  const tables = [ALIASES, PREFIXED_ALIASES]
  const meaning = (text: string) => tables.find((table) => Object.hasOwn(table, text))?.[text] ?? text
  const all = [rec20Units(), COMMON, tables.flatMap(Object.keys), [METRIC, PLAIN, SCALES].flatMap(Object.keys)].flat()
  return [...new Map(all.map((text) => [`${text.toLowerCase()} ${meaning(text).toLowerCase()}`, text] as const).reverse()).values()]
}

/** Letters that differ, and a tenth for each in the other case: of two equally near units the better spelt one comes first. */
function distance(typed: string, known: string): number {
  let capitals = 0
  for (let i = 0; i < Math.min(typed.length, known.length); i++) {
    if (typed[i] !== known[i] && typed[i]?.toLowerCase() === known[i]?.toLowerCase()) capitals++
  }
  return editDistance(typed.toLowerCase(), known.toLowerCase()) + capitals / 10
}
