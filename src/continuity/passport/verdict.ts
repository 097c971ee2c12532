import { rank, type Severity, severity } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'
import type { Use, UseLimits } from '../../core/uses.ts'
import { compileGlob } from '../../lib/glob.ts'
import { GLOB_LIMITS } from '../config.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'

export const VERDICTS = ['yes', 'with-care', 'no'] as const
export type Verdict = (typeof VERDICTS)[number]

/** What a verdict can rest on. */
export const REASON_CODES = [
  ...([
    'nothing-known',
    'withdrawn',
    'coverage',
    'coverage-unknown',
    'status',
    'clock-uncertainty',
    'clock-unknown',
    'age',
    'age-unknown',
  ] as const),
  ...([
    'reason',
    'reasons-unread',
    'contract-forbids',
    'contract-silent',
    'contract-missing',
    'contract-state',
    'dead-link',
    'too-many',
    'not-recomputed',
    'not-approved',
  ] as const),
] as const
export type ReasonCode = (typeof REASON_CODES)[number]

/** One thing that keeps a value from a plain yes. */
export interface VerdictReason {
  readonly verdict: Exclude<Verdict, 'yes'>
  readonly code: ReasonCode
  /** What it is about: a value's name, a connection, a contract, a hop. */
  readonly about?: string
  readonly found?: string | number
  /** The declared limit that it is beyond. Shares from 0 to 1, times in microseconds. */
  readonly limit?: string | number
}

/** One value as it stands. */
export interface JudgedValue {
  /** Its name in its fact; absent: a sample. */
  readonly name?: string
  readonly status: number
  /** Null where time plays no part. */
  readonly coverage: number | null
  /** Its coverage is that of what was held: a lost reading would not have been seen. */
  readonly isHeldOnly?: boolean
}

/** What a contract says of the use. */
export interface ContractClause {
  readonly contract: string
  readonly version: string
  readonly state: string
  readonly says: 'permits' | 'forbids' | 'nothing'
  /** Its own words. */
  readonly clause?: string
  /** Signals of the value that it binds. */
  readonly signals: number
  readonly otOwner?: string
  readonly itOwner?: string
}

/** Everything that verdicts are made of: what is not here plays no part. */
export interface Evidence {
  readonly values: readonly JudgedValue[]
  readonly isWithdrawn: boolean
  /** Reasons of the value and of the samples below it; undefined: they were too many to be read. */
  readonly reasons: ReadonlySet<string> | undefined
  /** How far its times may be off, by connection; undefined: its clock can be measured and is not. */
  readonly clocks: ReadonlyMap<string, Micros | undefined>
  /** Undefined: not known. Null: it plays no part, because the value is of a time gone by. */
  readonly ageUs: Micros | null | undefined
  readonly contracts: readonly ContractClause[]
  /** Signals below the value, and those of them that no contract binds. */
  readonly signals: number
  readonly unbound: number
  /** Hops that are dead: name and code. */
  readonly dead: readonly { readonly hop: string; readonly code: string }[]
  /** Definitions on the way whose results miss something that changed since. */
  readonly behind: readonly string[]
  /** The configuration that it was written under, where that runs without the approvals that are asked for. */
  readonly unapproved?: string | undefined
  /** There was more below the value than one passport reads. */
  readonly isCut: boolean
}

/**
 * May a value be used for this? Only declared limits and clauses count. Default deny: of what nothing is known the answer is no, and a limit that cannot be checked
 * counts as exceeded. The verdict is the worst of its reasons.
 */
export function judge(use: Use, evidence: Evidence): { readonly verdict: Verdict; readonly reasons: readonly VerdictReason[] } {
  if (evidence.values.length === 0) return { verdict: 'no', reasons: [{ verdict: 'no', code: 'nothing-known' }] }
  const found: VerdictReason[] = evidence.isWithdrawn ? [{ verdict: 'no', code: 'withdrawn' }] : []
  found.push(...beyond(use.refuse, 'no', evidence))
  const told = new Set(found.map(nameOf))
  found.push(...beyond(use.care, 'with-care', evidence).filter((one) => !told.has(nameOf(one))))
  found.push(...clauses(use, evidence))
  for (const about of evidence.behind) found.push({ verdict: 'with-care', code: 'not-recomputed', about })
  if (evidence.unapproved !== undefined) found.push({ verdict: 'with-care', code: 'not-approved', about: evidence.unapproved })
  if (evidence.isCut) found.push({ verdict: 'with-care', code: 'too-many' })
  const reasons = found.sort((a, b) => VERDICTS.indexOf(b.verdict) - VERDICTS.indexOf(a.verdict)).slice(0, CONTINUITY_LIMITS.reasons)
  return { verdict: reasons[0]?.verdict ?? 'yes', reasons }
}

const nameOf = ({ code, about }: VerdictReason): string => `${code} ${about ?? ''}`

const RANK: Readonly<Record<Severity, number>> = { Good: 0, Uncertain: 1, Bad: 2 }

function beyond(limits: UseLimits, verdict: VerdictReason['verdict'], evidence: Evidence): VerdictReason[] {
  const found: VerdictReason[] = []
  const add = (code: ReasonCode, rest: Omit<VerdictReason, 'verdict' | 'code'> = {}) => found.push({ verdict, code, ...rest })
  const { minimumCoverage, worstStatus, maximumClockUncertaintyUs: clockUs, maximumAgeUs: ageUs, contractStates, wholeChain } = limits
  for (const { name, status, coverage, isHeldOnly } of evidence.values) {
    const about = name === undefined ? {} : { about: name }
    if (worstStatus !== undefined && rank(status) > RANK[worstStatus])
      add('status', { ...about, found: severity(status), limit: worstStatus })
    if (minimumCoverage !== undefined && coverage !== null && coverage < minimumCoverage)
      add('coverage', { ...about, found: coverage, limit: minimumCoverage })
    else if (minimumCoverage !== undefined && isHeldOnly) add('coverage-unknown', { ...about, limit: minimumCoverage })
  }
  for (const [connection, offUs] of clockUs === undefined ? [] : evidence.clocks) {
    if (offUs === undefined) add('clock-unknown', { about: connection, limit: clockUs as number })
    else if (offUs > (clockUs as number)) add('clock-uncertainty', { about: connection, found: offUs, limit: clockUs as number })
  }
  if (ageUs !== undefined && evidence.ageUs !== null) {
    if (evidence.ageUs === undefined) add('age-unknown', { limit: ageUs })
    else if (evidence.ageUs > ageUs) add('age', { found: evidence.ageUs, limit: ageUs })
  }
  for (const { contract, state } of contractStates ? evidence.contracts : []) {
    if (!contractStates?.includes(state)) add('contract-state', { about: contract, found: state, limit: contractStates?.join(', ') ?? '' })
  }
  found.push(...forbidden(limits.reasons ?? [], verdict, evidence.reasons))
  for (const { hop, code } of wholeChain ? evidence.dead : []) add('dead-link', { about: hop, found: code })
  return found
}

function forbidden(patterns: readonly string[], verdict: VerdictReason['verdict'], reasons: Evidence['reasons']): VerdictReason[] {
  if (patterns.length === 0) return []
  if (!reasons) return [{ verdict, code: 'reasons-unread', limit: patterns.join(', ') }]
  return patterns.flatMap((pattern) => {
    const matches = compileGlob(pattern, GLOB_LIMITS)
    return [...reasons].filter(matches).map((found) => ({ verdict, code: 'reason' as const, about: found, limit: pattern }))
  })
}

function clauses(use: Use, { contracts, unbound, signals }: Evidence): VerdictReason[] {
  const verdict = use.contract === 'required' ? 'no' : 'with-care'
  const found = contracts.flatMap(({ contract, says, clause }): VerdictReason[] => {
    if (says === 'forbids')
      return [{ verdict: 'no', code: 'contract-forbids', about: contract, ...(clause !== undefined && { found: clause }) }]
    return says === 'nothing' && use.contract !== 'optional' ? [{ verdict, code: 'contract-silent', about: contract }] : []
  })
  if (use.contract === 'optional' || (unbound === 0 && signals > 0)) return found
  return [...found, { verdict, code: 'contract-missing', found: unbound, limit: signals }]
}
