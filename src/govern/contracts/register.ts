import { z } from 'zod'
import { CONTRACT_BREACHES, type ContractBreach, type ContractFinding } from '../../core/contracts.ts'
import type { Micros } from '../../core/time.ts'
import type { Rule } from './binding.ts'
import type { PlacedCheck } from './hours.ts'
import { CONTRACT_LIMITS } from './limits.ts'
import { type Breach, savedTally, Tally } from './tally.ts'

/** A finding as it is kept across a restart, by names: indices may mean others then. */
export const savedFinding = savedTally.extend({
  contract: z.string(),
  version: z.string(),
  property: z.string(),
  kind: z.enum(CONTRACT_BREACHES),
  check: z.string().optional(),
})
type SavedFinding = z.output<typeof savedFinding>

type SampleBreach = Exclude<ContractBreach, 'check'>

interface Told extends Pick<SavedFinding, 'contract' | 'version' | 'property' | 'kind'> {
  readonly check?: string
  readonly tally: Tally
}

/** What broke the contracts: at most one tally per property and kind, and one per check, made when it first happens. */
export class BreachRegister {
  readonly #tallies = new Map<number, Tally>()

  add(rule: number, kind: SampleBreach, breach: Breach): void {
    this.#tally(keyOf(rule, kind)).add(breach)
  }

  addCheck({ index }: PlacedCheck, breach: Breach): void {
    this.#tally(keyOfCheck(index)).add(breach)
  }

  findings(rule: Rule, now: Micros): ContractFinding[] {
    return this.#of(rule).map(({ tally, version, ...names }) => {
      const { count, firstTime, lastTime } = tally
      return { ...names, firstTime, lastTime, count, lastHour: tally.lastHour(now), examples: tally.examples() }
    })
  }

  /** Everything; the most frequent where there is more than may be kept. */
  save(rules: readonly Rule[]): SavedFinding[] {
    const found = rules.flatMap((rule) => this.#of(rule).map(({ tally, ...names }) => ({ ...names, ...tally.save() })))
    if (found.length <= CONTRACT_LIMITS.savedFindings) return found
    return found.sort((a, b) => b.count - a.count).slice(0, CONTRACT_LIMITS.savedFindings)
  }

  /** Puts back what still belongs to a contract of the same version. */
  restore(rules: readonly Rule[], saved: readonly SavedFinding[]): void {
    const byName = new Map(rules.map((rule) => [nameOf(rule.contract.id, rule.contract.version, rule.property.name), rule]))
    for (const finding of saved) {
      const rule = byName.get(nameOf(finding.contract, finding.version, finding.property))
      if (!rule) continue
      const placed = finding.kind === 'check' ? rule.checks.find(({ check }) => check.name === finding.check) : undefined
      const key = finding.kind === 'check' ? placed && keyOfCheck(placed.index) : keyOf(rule.index, finding.kind)
      if (key !== undefined) this.#tally(key).restore(finding)
    }
  }

  #of({ index, contract, property, checks }: Rule): Told[] {
    const names = { contract: contract.id, version: contract.version, property: property.name }
    const told: Told[] = []
    const tell = (key: number, which: Pick<Told, 'kind' | 'check'>) => {
      const tally = this.#tallies.get(key)
      if (tally) told.push({ ...names, ...which, tally })
    }
    for (const kind of CONTRACT_BREACHES) {
      if (kind === 'check') for (const { index: at, check } of checks) tell(keyOfCheck(at), { kind, check: check.name })
      else tell(keyOf(index, kind), { kind })
    }
    return told
  }

  #tally(key: number): Tally {
    let tally = this.#tallies.get(key)
    if (!tally) this.#tallies.set(key, (tally = new Tally()))
    return tally
  }
}

const nameOf = (...names: readonly string[]): string => JSON.stringify(names)
const keyOf = (rule: number, kind: SampleBreach): number => rule * CONTRACT_BREACHES.length + CONTRACT_BREACHES.indexOf(kind)
const keyOfCheck = (index: number): number => -1 - index
