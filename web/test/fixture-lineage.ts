import type { Lineage } from '../../src/api/schemas.ts'

/** What depends on what for so many signals: as the API answers for the demo, only larger. */
export function lineageOf(ids: readonly string[], search: URLSearchParams): Lineage | undefined {
  const of = search.get('of') ?? ''
  const direction = search.get('direction') === 'backward' ? 'backward' : 'forward'
  const at = of.indexOf(':')
  const [kind, id] = [of.slice(0, at) as Lineage['of']['kind'], of.slice(at + 1)]
  const placeOf = (one: string) => one.split('/').slice(1, -1).join('/')
  const item = (one: Partial<Lineage['items'][number]>) =>
    ({ kind: 'kpi', id: '', hops: 1, why: 'input', from: of, ref: id, ...one }) as Lineage['items'][number]
  const signals = ids.map((one) => item({ kind: 'signal', id: one, equipment: placeOf(one), why: 'collects' }))
  const ends = [
    item({ kind: 'kpi', id: 'energy_per_bag', label: { fr: 'Énergie par bagage', en: 'Energy per bag' } }),
    item({ kind: 'contract', id: 'urn:contract:baggage', why: 'bound' }),
    item({ kind: 'person', id: 'baggage maintenance', why: 'author' }),
    item({ kind: 'page', id: 'signals', why: 'shown' }),
  ]
  if (kind === 'signal' && !ids.includes(id)) return undefined
  const all =
    kind === 'connection'
      ? direction === 'forward'
        ? signals
        : []
      : direction === 'forward'
        ? ends
        : [item({ kind: 'connection', id: 'carousels-opc', why: 'collects' })]
  const groups = new Map<string, Lineage['items']>()
  for (const one of all) groups.set(one.equipment ?? '', [...(groups.get(one.equipment ?? '') ?? []), one])
  const counted = (list: Lineage['items']) => {
    const kinds = [...new Set(list.map((one) => one.kind))]
    return kinds.map((one) => ({ kind: one, count: list.filter((other) => other.kind === one).length }))
  }
  const equipment = search.get('equipment')
  const matching = all.filter((one) => equipment === null || (one.equipment ?? '') === equipment)
  return {
    ...{ of: { kind, id }, direction, depth: Number(search.get('depth') ?? 1), total: all.length, counts: counted(all) },
    groups: [...groups].slice(0, 1_000).map(([place, list]) => ({ equipment: place === '' ? null : place, counts: counted(list) })),
    ...{ groupsTotal: groups.size, items: matching.slice(0, Number(search.get('limit') ?? 100)), matching: matching.length },
  }
}
