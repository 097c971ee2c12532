import { sameUnit } from './convert.ts'
import { readUnit } from './read.ts'
import type { Kind, Unit } from './unit.ts'

/** Kinds a source often cannot say: Rec 20 has a code for the bar, none for the bar over the air's pressure. */
const UNSAID: readonly (Kind | undefined)[] = ['gauge', 'normal', 'standard']

/**
 * True when a number in the declared unit is another than the same number in the source's unit. What nobody can read is no disagreement, and
 * neither is a declaration that only adds what the source cannot say (`barg` where the source says `bar`).
 */
export function unitsDisagree(
  declared: string | undefined,
  source: string | undefined,
  read: (text: string) => Unit | undefined = readUnit,
): boolean {
  if (declared === undefined || source === undefined || declared === source) return false
  const [ours, theirs] = [read(declared), read(source)]
  if (!ours || !theirs || sameUnit(ours, theirs)) return false
  if (theirs.kind !== undefined || !UNSAID.includes(ours.kind)) return true
  return !sameUnit({ ...theirs, ...(ours.kind && { kind: ours.kind }) }, ours)
}

/** True when two texts name one unit, or are the same text. */
export function sameUnitText(a: string, b: string): boolean {
  if (a === b) return true
  const [one, other] = [readUnit(a), readUnit(b)]
  return one !== undefined && other !== undefined && sameUnit(one, other)
}
