import type { ContractState } from '../../core/contracts.ts'
import type { Use } from '../../core/uses.ts'
import { foldedName } from '../config.ts'
import type { ContractClause } from './verdict.ts'

/** What the contracts of these signals say of a use. `indexOf`: a signal's index in the table of the node. */
export function clausesOf(
  use: Use,
  contracts: readonly ContractState[],
  signals: Iterable<string>,
  indexOf: (id: string) => number | undefined,
): { readonly clauses: readonly ContractClause[]; readonly unbound: number } {
  const indices = new Set<number>()
  let unbound = 0
  for (const id of signals) {
    // How far a clock is off is the node's own word: no contract is about it.
    if (id.split('/')[1] === 'ecluse') continue
    const index = indexOf(id)
    if (index === undefined) unbound++
    else indices.add(index)
  }
  const free = new Set(indices)
  const clauses = contracts.flatMap((state): ContractClause[] => {
    const own = new Set<number>()
    for (const bound of state.bound.values()) for (const index of smaller(bound, indices)) own.add(index)
    for (const index of own) free.delete(index)
    return own.size === 0 ? [] : [clauseOf(use, state, own.size)]
  })
  return { clauses, unbound: unbound + free.size }
}

/** Those that are in both. */
function* smaller(a: ReadonlySet<number>, b: ReadonlySet<number>): Iterable<number> {
  const [few, many] = a.size < b.size ? [a, b] : [b, a]
  for (const one of few) if (many.has(one)) yield one
}

function clauseOf(use: Use, { contract }: ContractState, signals: number): ContractClause {
  const { id, version, status, otOwner, itOwner, permittedUses, forbiddenUses } = contract
  const names = new Set([use.id, ...Object.values(use.label ?? {}), ...use.names].map(foldedName))
  const meant = (said: readonly string[]) => said.find((one) => names.has(foldedName(one)))
  const forbids = meant(forbiddenUses)
  const permits = meant(permittedUses)
  const clause = forbids ?? permits
  return {
    ...{ contract: id, version, state: status, signals },
    says: forbids !== undefined ? 'forbids' : permits !== undefined ? 'permits' : 'nothing',
    ...(clause !== undefined && { clause }),
    ...(otOwner !== undefined && { otOwner }),
    ...(itOwner !== undefined && { itOwner }),
  }
}
