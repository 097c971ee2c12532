import type { ContractState } from '../../core/contracts.ts'
import type { KnownSignals } from '../../core/signals.ts'

/** Who answers for signals on both sides, as the contracts that bind them say. */
export type OwnersOf = (signals: Iterable<string>) => { readonly ot: readonly string[]; readonly it: readonly string[] }

export function ownersOf(contracts: readonly ContractState[], signals: KnownSignals): OwnersOf {
  const bound = contracts.map(({ contract, bound: properties }) => ({ contract, properties: [...properties.values()] }))
  return (ids) => {
    const indices = [...ids].flatMap((id) => signals.indexOf(id) ?? [])
    const ot = new Set<string>()
    const it = new Set<string>()
    for (const { contract, properties } of bound) {
      if (!indices.some((index) => properties.some((own) => own.has(index)))) continue
      if (contract.otOwner !== undefined) ot.add(contract.otOwner)
      if (contract.itOwner !== undefined) it.add(contract.itOwner)
    }
    return { ot: [...ot], it: [...it] }
  }
}
