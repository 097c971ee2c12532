import { sameUnit } from './convert.ts'
import { readUnit } from './read.ts'
import { fromRec20, REC20_NAMESPACE, rec20Codes, unitIdOf } from './rec20.ts'

/** An OPC UA EUInformation as it came off the wire (OPC 10000-8, 5.6.3). */
export interface SaidUnit {
  readonly namespaceUri?: unknown
  readonly unitId?: unknown
  readonly displayName?: unknown
}

/** Longest unit text taken from a source. */
const UNIT_LENGTH = 64

/**
 * The unit an EUInformation means, as UCUM: its Rec 20 code, or else its display name; that name as it is where nobody knows it. A display name that adds
 * what Rec 20 cannot say (`barg` beside the code of the bar) wins. Undefined when it says nothing.
 */
export function unitOfSource({ namespaceUri, unitId, displayName }: SaidUnit): string | undefined {
  const code = namespaceUri === REC20_NAMESPACE && typeof unitId === 'number' ? fromRec20(unitId) : undefined
  const text = typeof displayName === 'string' && displayName !== '' && displayName.length <= UNIT_LENGTH ? displayName : undefined
  const shown = text === undefined ? undefined : readUnit(text)
  if (code === undefined) return shown?.code ?? text
  const coded = readUnit(code)
  return shown?.kind && coded && !coded.kind && sameUnit({ ...coded, kind: shown.kind }, shown) ? shown.code : code
}

/** What to say of a unit as an EUInformation: the `unitId` of its Rec 20 code, -1 where it has none. */
export function unitIdFor(text: string): number {
  const unit = readUnit(text)
  const common =
    unit &&
    rec20Codes().find((code) => {
      const known = readUnit(fromRec20(code) ?? '')
      return known && sameUnit(known, unit)
    })
  return common === undefined ? -1 : unitIdOf(common)
}
