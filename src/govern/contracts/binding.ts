import type { Contract, ContractProperty } from '../../core/contracts.ts'
import type { SignalDefinition, SignalTable } from '../../core/signals.ts'
import { sameUnitText } from '../../core/units/index.ts'
import { compileGlob, type Glob } from '../../lib/glob.ts'
import { isEnforced } from './check.ts'
import { isPattern } from './contract.ts'
import type { PlacedCheck } from './hours.ts'
import { CONTRACT_LIMITS } from './limits.ts'

/** One property of one contract. */
export interface Rule {
  readonly index: number
  readonly contract: Contract
  readonly property: ContractProperty
  readonly enforced: boolean
  readonly checks: readonly PlacedCheck[]
  /** Indices of the signals bound so far. */
  readonly bound: Set<number>
}

/** A rule as it applies to one signal. */
export interface Binding {
  readonly rule: Rule
  /** The signal says another unit than the contract. */
  readonly otherUnit: boolean
  /** The values that mean one of the contract's states: for signals that are numbers or booleans, and for texts. */
  readonly numbers: ReadonlySet<number> | undefined
  readonly texts: ReadonlySet<string> | undefined
  readonly checks: readonly BoundCheck[]
}

/** A check as it applies to one signal, with its values as the signal sends them. */
export interface BoundCheck {
  readonly placed: PlacedCheck
  readonly numbers: ReadonlySet<number> | undefined
  readonly texts: ReadonlySet<string> | undefined
}

/** Which rules apply to which signal; follows the table of signals as it grows. */
export class Bindings {
  readonly rules: readonly Rule[]
  /** By signal index: place in `#lists` plus one, 0 where nothing is bound. */
  #at = new Uint32Array(0)
  readonly #lists: (readonly Binding[])[] = []
  readonly #exact = new Map<string, Rule[]>()
  readonly #patterns: { readonly matches: Glob; readonly rule: Rule }[] = []
  readonly #signals: SignalTable
  #version = 0

  constructor(contracts: readonly Contract[], site: string, signals: SignalTable) {
    this.#signals = signals
    const rules: Rule[] = []
    let checks = 0
    for (const contract of contracts) {
      for (const property of contract.properties) {
        const index = rules.length
        const placed = property.checks.map((check) => ({ index: checks++, rule: index, check }))
        const rule = { index, contract, property, enforced: isEnforced(contract), checks: placed, bound: new Set<number>() }
        rules.push(rule)
        if (property.signal !== undefined) this.#register(`${site}/${property.signal}`, rule)
      }
    }
    this.rules = rules
  }

  #register(signal: string, rule: Rule): void {
    if (isPattern(signal)) {
      const limits = { length: CONTRACT_LIMITS.patternLength + 64, alternatives: CONTRACT_LIMITS.patternAlternatives }
      this.#patterns.push({ matches: compileGlob(signal, limits), rule })
    } else this.#exact.set(signal, [...(this.#exact.get(signal) ?? []), rule])
  }

  /** Takes in signals defined or redefined since the last call. False while no signal has an enforced rule. */
  refresh(): boolean {
    const { version, size } = this.#signals
    if (version !== this.#version) {
      if (size > this.#at.length) {
        const longer = new Uint32Array(Math.max(size, this.#at.length * 2))
        longer.set(this.#at)
        this.#at = longer
      }
      for (const index of this.#signals.changedSince(this.#version)) this.#bind(index)
      this.#version = version
    }
    return this.#lists.length > 0
  }

  /** The enforced rules of a signal. */
  of(signal: number): readonly Binding[] | undefined {
    const at = this.#at[signal] as number
    return at === 0 ? undefined : this.#lists[at - 1]
  }

  #bind(index: number): void {
    const signal = this.#signals.at(index)
    if (!signal) return
    const rules = [
      ...(this.#exact.get(signal.id) ?? []),
      ...this.#patterns.flatMap(({ matches, rule }) => (matches(signal.id) ? [rule] : [])),
    ]
    for (const rule of rules) rule.bound.add(index)
    const list = rules.filter(({ enforced }) => enforced).map((rule) => bindingOf(rule, signal))
    const before = this.#at[index] as number
    if (before > 0) this.#lists[before - 1] = list
    else if (list.length > 0) this.#at[index] = this.#lists.push(list)
  }
}

function bindingOf(rule: Rule, signal: SignalDefinition): Binding {
  const { property } = rule
  return {
    rule,
    otherUnit: property.unit !== undefined && signal.unit !== undefined && !sameUnitText(property.unit, signal.unit),
    ...setsOf(property.states, signal),
    checks: rule.checks.map((placed) => ({ placed, ...setsOf(placed.check.values, signal) })),
  }
}

function setsOf(states: readonly string[] | undefined, signal: SignalDefinition): Pick<BoundCheck, 'numbers' | 'texts'> {
  const values = states && valuesOf(states, signal)
  return {
    numbers: values && signal.dataType !== 'text' ? new Set(values.map((value) => numberOf(value, signal))) : undefined,
    texts: values && signal.dataType === 'text' ? new Set(values) : undefined,
  }
}

/** What the signal sends for these states: the codes that its declaration maps to them, or their names themselves. */
function valuesOf(states: readonly string[], { states: codes }: SignalDefinition): readonly string[] {
  return codes ? Object.keys(codes).filter((code) => states.includes(codes[code] as string)) : states
}

function numberOf(value: string, { dataType }: SignalDefinition): number {
  return dataType === 'boolean' && (value === 'true' || value === 'false') ? Number(value === 'true') : Number(value)
}
