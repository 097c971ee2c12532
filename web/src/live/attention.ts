import type { DefinitionList, RecordKindList, UnknownEquipmentList } from '../../../src/api/schemas.ts'
import { isSlow } from './fact-rows.ts'

/** What about records and results wants to be looked at; all zero when nothing does. */
export interface Attention {
  readonly quarantined: number
  readonly unknownEquipment: number
  readonly stopped: readonly string[]
  readonly slow: readonly string[]
}

export function attentionOf(
  kinds: RecordKindList | undefined,
  unknown: UnknownEquipmentList | undefined,
  definitions: DefinitionList | undefined,
): Attention {
  const all = definitions?.definitions ?? []
  const names = (some: DefinitionList['definitions']) => some.map(({ name }) => name)
  return {
    quarantined: (kinds?.kinds ?? []).flatMap(({ counts }) => counts).reduce((sum, { quarantined }) => sum + quarantined, 0),
    unknownEquipment: unknown?.names.length ?? 0,
    stopped: names(all.filter(({ isStopped }) => isStopped)),
    slow: names(all.filter((one) => !one.isStopped && isSlow(one))),
  }
}

export const isCalm = ({ quarantined, unknownEquipment, stopped, slow }: Attention): boolean =>
  quarantined + unknownEquipment + stopped.length + slow.length === 0
