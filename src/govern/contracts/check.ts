import type { Contract, ContractProperty } from '../../core/contracts.ts'
import { sameUnitText } from '../../core/units/index.ts'
import { type Glob, literalStart } from '../../lib/glob.ts'
import { isPattern } from './contract.ts'
import type { ContractWords, Said } from './words.ts'

/** What the configuration says of the signals, as far as it can be known without asking the devices. */
export interface KnownSignals {
  /** By id under the site. */
  readonly declared: ReadonlyMap<string, KnownSignal>
  /** Beginnings of ids that devices may still fill (`baggage/` of `baggage/{path}/{name}`); an empty text where anything may come. */
  readonly open: readonly string[]
}

export interface KnownSignal {
  readonly unit?: string | undefined
  readonly range?: readonly [number, number] | undefined
  readonly states?: readonly string[] | undefined
}

export interface ContractProblem {
  /** What part of the property is meant, for its place in the file. */
  readonly about: 'signal' | 'unit' | 'range' | 'states'
  readonly code: string
  readonly said: Said
}

/** What a property promises against what its signals are declared to be; the first signal that contradicts is named. */
export function checkBinding(
  property: ContractProperty,
  { declared, open }: KnownSignals,
  glob: (pattern: string) => Glob,
  words: ContractWords,
): ContractProblem[] {
  const { signal } = property
  if (signal === undefined) return []
  const pattern = isPattern(signal)
  const matches = pattern ? glob(signal) : undefined
  const ids = matches ? [...declared.keys()].filter(matches) : declared.has(signal) ? [signal] : []
  if (ids.length === 0) {
    const start = pattern ? literalStart(signal) : signal
    const possible = open.some((prefix) => start.startsWith(prefix) || (pattern && prefix.startsWith(start)))
    return possible ? [] : [{ about: 'signal', code: 'E_CONTRACT_SIGNAL', said: words.unknownSignal(signal, pattern) }]
  }
  const found = [unitProblem, rangeProblem, statesProblem].map((check) =>
    first(ids, (id) => check(property, id, declared.get(id) ?? {}, words)),
  )
  return found.filter((problem) => problem !== undefined)
}

function first<T>(ids: readonly string[], find: (id: string) => T | undefined): T | undefined {
  for (const id of ids) {
    const found = find(id)
    if (found !== undefined) return found
  }
  return undefined
}

type Check = (property: ContractProperty, id: string, signal: KnownSignal, words: ContractWords) => ContractProblem | undefined

const unitProblem: Check = ({ unit }, id, signal, words) => {
  if (unit === undefined) return undefined
  if (signal.unit === undefined) return { about: 'unit', code: 'W_CONTRACT_UNIT', said: words.signalWithoutUnit(id, unit) }
  if (sameUnitText(unit, signal.unit)) return undefined
  return { about: 'unit', code: 'E_CONTRACT_UNIT', said: words.otherUnit(id, signal.unit, unit) }
}

const rangeProblem: Check = ({ range: { low, high } }, id, { range }, words) => {
  if (!range) return undefined
  const wider = (Number.isFinite(low) && low < range[0]) || (Number.isFinite(high) && high > range[1])
  return wider ? { about: 'range', code: 'E_CONTRACT_WIDER', said: words.wider(id, range[0], range[1]) } : undefined
}

const statesProblem: Check = ({ states }, id, signal, words) => {
  const unknown = states?.filter((state) => signal.states && !signal.states.includes(state)) ?? []
  if (unknown.length === 0) return undefined
  return { about: 'states', code: 'E_CONTRACT_STATES', said: words.unknownStates(id, unknown.slice(0, 5), signal.states ?? []) }
}

/** Statuses of a contract that Écluse enforces. A draft may be written before its signals keep it. */
export function isEnforced({ status }: Pick<Contract, 'status'>): boolean {
  return status === 'active' || status === 'deprecated'
}

export const STATUSES = ['proposed', 'draft', 'active', 'deprecated', 'retired'] as const
