import { byAuthority } from '../core/authority.ts'
import type { StoredVersion } from '../core/it-records.ts'
import type { NodeView } from '../core/node-view.ts'
import { placeOfRecord } from '../core/record-place.ts'
import { formatTime, type Micros } from '../core/time.ts'
import { API_LIMITS } from './limits.ts'
import type { RuleExplanation } from './schemas.ts'

/** A reading that records spoke about. */
interface Reading {
  readonly signal: string
  readonly time: Micros
  /** When it came: what was known later did not judge it. */
  readonly knownAt: Micros
}

/** A rule that records decide, with those that did: the work orders that held at the equipment, or the certificates that did not hold any more. */
export async function withRecords(view: NodeView, rule: RuleExplanation, reading: Reading): Promise<RuleExplanation> {
  const kinds = Array.isArray(rule.parameters.records) ? rule.parameters.records.map(String) : []
  const found: StoredVersion[] = []
  for (const kind of kinds) found.push(...(await recordsOf(view, kind, reading, rule.reason === 'under-maintenance')))
  if (found.length === 0) return rule
  return { ...rule, parameters: { ...rule.parameters, because: found.map(told) } }
}

async function recordsOf(view: NodeView, kind: string, { signal, time, knownAt }: Reading, mustHold: boolean): Promise<StoredVersion[]> {
  const declared = view.recordKinds.get(kind)
  if (!declared) return []
  const placeOf = placeOfRecord(view.recordKinds, view.equipmentNames, () => view.clock.now())
  const isAbove = (place: string | undefined) => place !== undefined && signal.startsWith(`${view.site.id}/${place}/`)
  // A certificate that ran out is one that held before.
  const overlapping = { from: mustHold ? time : 0, to: time + 1 }
  const { versions } = await view.historian.records({ kind, overlapping, asKnownAt: knownAt, limit: API_LIMITS.recordRows })
  const byKey = Map.groupBy(versions, ({ key }) => key)
  const inForce = [...byKey.values()].flatMap((all) => byAuthority(all, declared)[0] ?? [])
  const own = inForce.filter((one) => !one.isDeleted && isAbove(placeOf(one)))
  return own
    .sort((a, b) => (b.validTo ?? Number.POSITIVE_INFINITY) - (a.validTo ?? Number.POSITIVE_INFINITY))
    .slice(0, API_LIMITS.whyRecords)
}

/** `order W1 of maximo, 2026-07-01T08:00:00Z to …` */
function told({ kind, key, source, validFrom, validTo }: StoredVersion): string {
  const edge = (at: Micros | null) => (at === null ? '…' : formatTime(at))
  return `${kind} ${key} (${source}), ${edge(validFrom)} – ${edge(validTo)}`
}
