import type { ChangeList, ChangeView, Consequences, KeptConfigurationView, LineagePlaces, PlanAnswer } from '../../src/api/schemas.ts'

/** A configuration that runs, and what a changed one would do: as the API answers for the demo, only larger. */

export const KEPT: KeptConfigurationView = {
  ...{ version: 'a'.repeat(16), entry: 'ecluse.yaml' },
  files: [
    { name: 'ecluse.yaml', text: 'version: 1\nsite: { id: t2e }\n' },
    { name: 'contracts/baggage.odcs.yaml', text: 'kind: DataContract\n' },
  ],
}

const counted = (kinds: Consequences['counts'][number]['kind'][]): Consequences['counts'] =>
  [...Map.groupBy(kinds, (kind) => kind)].map(([kind, list]) => ({ kind, count: list.length }))

/** What breaks when a connection with all these signals goes, of a text with `few` the first of them; one with `broken` does not pass lint, one with `[` cannot be read. */
export function planFor(text: string, all: readonly string[]): PlanAnswer {
  const ids = text.includes('few') ? all.slice(0, 100) : all
  const problem = {
    ...{ file: 'ecluse.yaml', line: 3, column: 7, code: 'E_EXPRESSION', level: 'error' as const },
    ...{ message: '`A` and `W` do not measure the same thing', hint: 'convert one of them' },
  }
  if (text.includes('[')) return { ok: false, problems: [problem], problemsTotal: 1 }
  const isBroken = text.includes('broken')
  const signals = Map.groupBy(ids, (id) => id.split('/').slice(1, -1).join('/'))
  const groups = [...signals].map(([equipment, list]): Consequences['groups'][number] => ({
    ...{ equipment, counts: counted(list.map(() => 'signal')) },
    items: list.map((id) => ({ kind: 'signal', id, equipment, why: 'not-made', detail: 'connection:carousels-opc' })),
  }))
  const kpi: Consequences['groups'][number] = {
    ...{ equipment: null, counts: counted(['kpi']) },
    items: [{ kind: 'kpi', id: 'energy_per_bag', why: 'input-gone', detail: 'baggage/carousel-3/motor/power' }],
  }
  const none: Consequences = { total: 0, counts: [], groups: [] }
  return {
    ...{ digest: 'e'.repeat(64), ok: !isBroken, problems: isBroken ? [problem] : [], problemsTotal: isBroken ? 1 : 0 },
    plan: {
      before: KEPT.version,
      changes: [
        {
          ...{ is: 'removed', kind: 'connection', ids: ['carousels-opc'], idsTotal: 1, keys: [], cosmetic: false, changes: [] },
          breaks: [{ kind: 'signal', count: ids.length }],
        },
        {
          ...{ is: 'changed', kind: 'setting', ids: ['historian'], idsTotal: 1, cosmetic: false, breaks: [], changes: [] },
          keys: [{ key: 'retention', before: '"90d"', after: '"30d"' }],
        },
      ],
      changesTotal: 2,
      breaks: { total: ids.length + 1, counts: [...counted(['kpi']), { kind: 'signal', count: ids.length }], groups: [kpi, ...groups] },
      touches: none,
      contracts: [{ id: 'urn:contract:baggage', version: '1.2.0', isBroken: true, otOwner: 'Baggage maintenance' }],
      people: [{ name: 'Baggage maintenance', roles: ['ot-owner'], breaks: 1, changes: 0 }],
      recompute: ['flight_baggage'],
      load: [{ connection: 'carousels-opc', before: { signals: ids.length, readingsPerSecond: 10 } }],
    },
  }
}

/** Changes that wait: the first lacks the approval of who has a role the visitor has not; what is proposed comes before it. */
export function makeChanges() {
  const proposed = (who: string, reason: string) => ({ who, isAccount: true, reason, time: '2026-11-27T08:00:00.000000Z' })
  const change = (digest: string, who: string, reason: string): ChangeView => ({
    ...{ digest, before: KEPT.version, proposed: proposed(who, reason), approvals: [], missing: 1, isRunning: false },
  })
  let changes: readonly ChangeView[] = [change('b'.repeat(64), 'bo', 'slower polling'), change('c'.repeat(64), 'cy', 'another unit')]
  return {
    list: (): ChangeList => ({
      rule: { approvals: 1, by: ['chief'], unapproved: 'care' },
      running: { version: KEPT.version, digest: 'd'.repeat(64), state: 'missing' },
      changes: [...changes],
    }),
    propose: (who: string, reason: string): ChangeView => {
      const made = change('e'.repeat(64), who, reason)
      changes = [made, ...changes]
      return made
    },
    /** Undefined where the visitor may not. */
    approve: (digest: string, who: string, reason: string): ChangeView | undefined => {
      const known = changes.find((one) => one.digest === digest)
      if (!known || known.proposed.who === who) return undefined
      const approval = { who, roles: ['chief'], reason, time: '2026-11-27T09:00:00.000000Z' }
      const approved = { ...known, approvals: [approval], missing: 0 }
      changes = changes.map((one) => (one === known ? approved : one))
      return approved
    },
  }
}

/** The equipment tree over these signals, a step at a time. */
export function placesUnder(ids: readonly string[], search: URLSearchParams): LineagePlaces {
  const under = search.get('under') ?? ''
  const prefix = under === '' ? '' : `${under}/`
  const placeOf = (id: string) => id.split('/').slice(1, -1).join('/')
  const below = ids.filter((id) => placeOf(id).startsWith(prefix) && placeOf(id) !== under)
  const steps = Map.groupBy(below, (id) => placeOf(id).slice(prefix.length).split('/', 1)[0] as string)
  const here = ids.filter((id) => placeOf(id) === under)
  return {
    under,
    places: [...steps].map(([step, list]) => ({
      ...{ path: `${prefix}${step}`, hasPlaces: list.some((id) => placeOf(id) !== `${prefix}${step}`) },
      ...{ signals: list.length, derived: 0, results: 3, consumers: 1 },
    })),
    placesTotal: steps.size,
    here: here.slice(0, Number(search.get('limit') ?? 100)).map((id) => ({ kind: 'signal' as const, id })),
    hereTotal: here.length,
    ...(under === '' && {
      kinds: [
        { kind: 'signal' as const, count: ids.length },
        { kind: 'kpi' as const, count: 2 },
      ],
    }),
  }
}
