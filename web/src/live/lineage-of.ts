import type { Lineage, LineageThing } from '../../../src/api/schemas.ts'
import { hrefTo } from '../router.ts'

export const nameOf = ({ kind, id }: Pick<LineageThing, 'kind' | 'id'>): string => `${kind}:${id}`

/** What stores, shows or answers for it: no consumer that a change could break. */
const ENDS: readonly string[] = ['delivery', 'page', 'person', 'field']

/** Consumers among the counts. */
export const consumers = ({ counts }: Pick<Lineage, 'counts'>): Lineage['counts'] => counts.filter(({ kind }) => !ENDS.includes(kind))

/** The page that shows the thing itself; undefined: none does. */
export function pageOf({ kind, id }: Pick<LineageThing, 'kind' | 'id'>, site: string): string | undefined {
  switch (kind) {
    case 'signal':
      return hrefTo('signal', { id })
    case 'connection':
      return hrefTo('connections', { at: id })
    case 'contract':
      return hrefTo('contracts', { at: id })
    case 'record':
      return hrefTo('records', { kind: id })
    case 'event':
    case 'correlation':
      return hrefTo('results', { of: id })
    case 'kpi':
      return hrefTo('kpis', { at: id })
    case 'equipment':
      return hrefTo('namespace', { at: `${site}/${id}` })
    case 'page':
      return hrefTo(id === 'signals' ? 'namespace' : id)
    default:
      return undefined
  }
}
