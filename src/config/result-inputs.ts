import type { Variable } from '../core/expression/index.ts'
import type { Crossing, Passing } from '../core/policy.ts'
import { toRecordKinds } from '../core/record-kinds.ts'
import type { Micros } from '../core/time.ts'
import { readsOfResults } from '../correlate/check-config.ts'
import { decide, decideResult, GLOB_LIMITS, type Policy } from '../gateway/policy/config.ts'
import { compileGlob } from '../lib/glob.ts'
import { eventVariables, type ProcessConfig, readsOf } from '../process/config.ts'
import type { Path } from './places.ts'
import type { EcluseConfig } from './schema.ts'

type Parts = ProcessConfig & Pick<EcluseConfig, 'site' | 'records' | 'correlations' | 'kpis' | 'equipment'>

/** A result that a conduit names and that never passes it all the same, with what of what it is computed from may not pass. */
export interface WithheldResult {
  readonly result: string
  readonly conduit: string
  readonly inputs: readonly string[]
}

/** What the file declares to be computed, and would be withheld at a crossing as `input-not-named`. `ids`: signals of the file, by whole id. */
export function withheldResults(config: Parts, ids: readonly string[], policy: Policy, crossing: Crossing, time: Micros): WithheldResult[] {
  return [...inputsOfResults(config, ids)].flatMap(([result, inputs]) => {
    const { reason, conduit } = decideResult(policy, crossing, result, inputs, time)
    if (reason !== 'input-not-named' || conduit === undefined) return []
    const refused = inputs.filter((one) => !decide(policy, crossing, one, time).permitted)
    return [{ result, conduit, inputs: refused.map(({ id }) => id) }]
  })
}

/** What is computed here of what is not taken: where the file declares it, and what of that it reads. `refused`: ids of signals and kinds of records. */
export function withoutInputs(
  config: Parts,
  ids: readonly string[],
  refused: ReadonlySet<string>,
): { readonly path: Path; readonly inputs: readonly string[] }[] {
  if (refused.size === 0) return []
  const lacking = (all: readonly string[]) => [...new Set(all.filter((id) => refused.has(id)))]
  const computed = readsOf(config, { site: config.site.id, signals: new Map(ids.map((id) => [id, {}])) }).map(({ list, index, at }) => ({
    path: [list, index],
    inputs: lacking(at.flatMap(({ reads }) => reads.map(({ signal }) => signal))),
  }))
  const results = [...inputsOfResults(config, ids)].flatMap(([name, inputs]) => {
    const list = (['correlations', 'kpis'] as const).find((one) => Object.hasOwn(config[one], name))
    return list === undefined ? [] : [{ path: [list, name], inputs: lacking(inputs.map(({ id }) => id)) }]
  })
  return [...computed, ...results].filter(({ inputs }) => inputs.length > 0)
}

/** By name of a result, what its facts say they were computed from, as far as the file tells. */
function inputsOfResults(config: Parts, ids: readonly string[]): Map<string, Passing[]> {
  const site = config.site.id
  const events = eventVariables(config)
  const found = new Map<string, Passing[]>()
  const signal = (id: string): Passing => ({ kind: 'signal', id })
  const reads = readsOf(config, { site, signals: new Map(ids.map((id) => [id, {}])) })
  const made = reads.flatMap(({ at }) => at.flatMap(({ makes }) => makes?.id ?? []))
  for (const { list, index, at } of reads) {
    const name = config[list][index]?.id
    if (name !== undefined && events.has(name))
      found.set(
        name,
        at.flatMap((place) => place.reads.map((one) => signal(one.signal))),
      )
  }
  const all = [...ids, ...made]
  const named = (pattern: string): string[] => {
    if (!/[*?{[]/.test(pattern)) return [pattern]
    const matches = compileGlob(pattern, GLOB_LIMITS)
    return all.filter(matches)
  }
  const seeing = covering(config, reads)
  for (const { name, subject, related, signals } of readsOfResults(config, contextOf(config, events))) {
    const others = [...(subject === undefined ? [] : [subject]), ...related]
    const byName = others.map((id): Passing => ({ kind: Object.hasOwn(config.records, id) ? 'record' : 'result', id }))
    const seen = related.flatMap((id) => seeing.get(id) ?? [])
    found.set(name, [...byName, ...[...signals.flatMap(({ pattern }) => named(pattern)), ...seen].map(signal)])
  }
  return found
}

/** What counts events says that it was looking by the first input of their condition: whole ids, by event. */
function covering({ events }: Parts, reads: ReturnType<typeof readsOf>): Map<string, string[]> {
  const first = reads.flatMap(({ list, index, at }) => {
    const event = list === 'events' ? events[index] : undefined
    const [input] = Object.values(event?.inputs ?? {})
    if (!event || input === undefined) return []
    const ref = typeof input === 'string' ? input : input.signal
    return [[event.id, at.flatMap((place) => place.reads.filter((one) => one.ref === ref).map((one) => one.signal))] as const]
  })
  return new Map(first)
}

function contextOf({ site, records, equipment }: Parts, events: ReadonlyMap<string, Readonly<Record<string, Variable>>>) {
  const known = { site: site.id, kinds: toRecordKinds(records), events, equipment: Object.keys(equipment) }
  return { ...known, placeOf: () => undefined, definitionOf: () => undefined }
}
