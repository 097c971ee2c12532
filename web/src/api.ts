import type {
  AuditList,
  BaselineAnswer,
  ChangeList,
  ChangeView,
  ConfigurationListView,
  ContractList,
  DefinitionList,
  DiscardAnswer,
  Evidence,
  FactList,
  FindingList,
  FindingView,
  FlowList,
  GapList,
  Health,
  KeptConfigurationView,
  LedgerAnswer,
  Lineage,
  LineagePlaces,
  NodeList,
  Passport,
  PlanAnswer,
  PolicyAnswer,
  PolicyChange,
  PolicyExplanation,
  PolicyRights,
  Problem,
  ProposedAnswer,
  QualityPage,
  QuarantineList,
  RecomputeAnswer,
  RecordKindList,
  RecordList,
  ReleaseAnswer,
  SamplePage,
  Session,
  SignalPage,
  Trend,
  UnknownEquipmentList,
  VerifyStateView,
  Why,
} from '../../src/api/schemas.ts'
import { type Locale, WORDS } from './words/index.ts'

/** The HTTP surface as the pages use it. Nothing throws: an answer is data, or a problem with what to do about it. */
export type Answer<T> = { readonly ok: true; readonly data: T } | { readonly ok: false; readonly status: number; readonly problem: Problem }

/** Signals asked for per page of the list. */
const SIGNALS_PER_PAGE = 5_000
/** Pages of signals read at most: together one million signals, the limit of a node. */
const SIGNAL_PAGES = 200
/** How long a request may take. */
const REQUEST_MS = 15_000
/** The same for a plan of a large file. */
const PLAN_MS = 40_000

export const pageLocale = (): Locale => (document.documentElement.lang === 'fr' ? 'fr' : 'en')

/** Asks the node; for the files beside this one. */
export async function call<T>(path: string, init: RequestInit = {}, requestMs = REQUEST_MS): Promise<Answer<T>> {
  try {
    const headers = { ...init.headers, 'accept-language': pageLocale() }
    const answer = await fetch(`/api/v1/${path}`, { ...init, headers, credentials: 'same-origin', signal: AbortSignal.timeout(requestMs) })
    const text = await answer.text()
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    if (answer.ok) return { ok: true, data: body as T }
    return { ok: false, status: answer.status, problem: asProblem(body, answer.statusText) }
  } catch (cause) {
    return { ok: false, status: 0, problem: { code: 'unreachable', message: `${WORDS[pageLocale()].frame.problem} (${String(cause)})` } }
  }
}

function asProblem(body: unknown, fallback: string): Problem {
  const known = body as Partial<Problem> | undefined
  return typeof known?.message === 'string' ? (known as Problem) : { code: 'unknown', message: fallback }
}

export const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

export const whoAmI = () => call<Session>('session')
export const signIn = (name: string, password: string, notice: string | undefined) =>
  call<unknown>('session', json('POST', { name, password, notice }))
export const signOut = () => call<unknown>('session', { method: 'DELETE' })
export const createAccount = (token: string, name: string, password: string, notice: string | undefined) =>
  call<unknown>('accounts', json('POST', { token, name, password, notice }))
export const readHealth = () => call<Health>('health')

/** Every signal with its last value, page by page. */
export async function readSignals(): Promise<Answer<SignalPage['signals']>> {
  const signals: SignalPage['signals'] = []
  let after = ''
  for (let i = 0; i < SIGNAL_PAGES; i++) {
    const page = await call<SignalPage>(`signals?${query({ match: '**', limit: SIGNALS_PER_PAGE, after })}`)
    if (!page.ok) return page
    signals.push(...page.data.signals)
    if (!page.data.next) break
    after = page.data.next
  }
  return { ok: true, data: signals }
}

export const readTrend = (signal: string, from: Date, to: Date, points: number) =>
  call<Trend>(`trend?${query({ signal, from: from.toISOString(), to: to.toISOString(), points })}`)
/** The newest stored samples of a period, newest first. */
export const readSamples = (signal: string, from: Date, to: Date, limit: number) =>
  call<SamplePage>(`samples?${query({ signal, from: from.toISOString(), to: to.toISOString(), limit, order: 'newest' })}`)

/** Signals with the worst quality of a period first. */
export const readQuality = (match: string, from: Date, to: Date, limit: number) =>
  call<QualityPage>(`quality?${query({ match, from: from.toISOString(), to: to.toISOString(), limit })}`)
/** The quality of one signal by hour, oldest first. */
export const readQualityHours = (signal: string, from: Date, to: Date) =>
  call<QualityPage>(`quality/hours?${query({ signal, from: from.toISOString(), to: to.toISOString() })}`)
/** Why the reading in force has its status. */
export const readWhy = (signal: string) => call<Why>(`why?${query({ signal })}`)
/** What became of all that was read by connections of this name (a glob; empty: all). */
/** Sums of signals (a glob), over the log that is there. */
export const readSignalLedger = (signals: string, period?: { readonly from: Date; readonly to: Date }) =>
  call<LedgerAnswer>(`ledger?${query({ signals, ...(period && { from: period.from.toISOString(), to: period.to.toISOString() }) })}`)
export const readLedger = (connection: string, period: { readonly from: Date; readonly to: Date } | undefined, limit: number) =>
  call<LedgerAnswer>(`ledger?${query({ connection, from: period?.from.toISOString(), to: period?.to.toISOString(), limit })}`)
/** `known`: as it was known then. A member list is told of the hop that is named. */
export const readPassport = (
  { known, ...of }: { readonly [name in 'signal' | 'definition' | 'key' | 'value' | 'at' | 'use' | 'known']?: string },
  more: { readonly expand?: string; readonly after?: number } = {},
) => call<Passport>(`passport?${query({ ...of, ...more, ...(known !== undefined && { asKnownAt: known }) })}`)
export const readContracts = () => call<ContractList>('contracts')

export interface LineageAsked {
  /** KIND:ID */
  readonly of: string
  readonly direction: Lineage['direction']
  readonly depth: number
  readonly limit: number
  /** Empty: what is in no place in particular; absent: everywhere. */
  readonly equipment?: string
}
export const readLineage = ({ equipment, ...asked }: LineageAsked) =>
  call<Lineage>(`lineage?${query({ ...asked })}${equipment === undefined ? '' : `&equipment=${encodeURIComponent(equipment)}`}`)
/** Places one step below a path, and the first things that stand at it. */
export const readLineagePlaces = (under: string, limit: number) => call<LineagePlaces>(`lineage/places?${query({ under, limit })}`)

/** The files this node was started with. */
export async function readRunningConfiguration(): Promise<Answer<KeptConfigurationView>> {
  const list = await call<ConfigurationListView>('configurations')
  return list.ok ? call<KeptConfigurationView>(`configurations/${list.data.running}`) : list
}
export const makePlan = (files: readonly { readonly name: string; readonly text: string }[], language: string) =>
  call<PlanAnswer>('plan', json('POST', { files, language }), PLAN_MS)

export const readChanges = () => call<ChangeList>('changes')
export const proposeChange = (files: readonly { readonly name: string; readonly text: string }[], reason: string, language: string) =>
  call<ProposedAnswer>('changes', json('POST', { files, reason, language }), PLAN_MS)
export const approveChange = (digest: string, reason: string) => call<ChangeView>(`changes/${digest}/approvals`, json('POST', { reason }))

export const readNodes = () => call<NodeList>('nodes')
/** Gaps of one node, or of all, newest first. */
export const readGaps = (node: string) => call<GapList>(`nodes/gaps?${query({ node })}`)

export const readFlows = (limit = 500) => call<FlowList>(`flows?limit=${limit}`)
/** Findings, worst first; a state or conduit that is empty is any. */
export const readFindings = ({ limit = 200, ...asked }: { readonly state?: string; readonly conduit?: string; readonly limit?: number }) =>
  call<FindingList>(`security/findings?${query({ ...asked, limit })}`)
export const acknowledgeFinding = (id: string, reason: string) =>
  call<FindingView>(`security/findings/${encodeURIComponent(id)}/acknowledgement`, json('POST', { reason }))
export const learnBaseline = () => call('security/baseline/learning', json('POST', {}))
export const acceptBaseline = (hash: string, reason: string) => call('security/baseline/acceptance', json('POST', { hash, reason }))
export const readBaseline = () => call<BaselineAnswer>('security/baseline')

/** Flows that a conduit permits, or that come nearest to it. */
export const readConduitFlows = (conduit: string) => call<FlowList>(`flows?${query({ conduit, limit: 200 })}`)
export const readPolicy = () => call<PolicyAnswer>('policy')
export const readRights = () => call<PolicyRights>('policy/rights')
export interface Question {
  readonly subject: string
  readonly action: string
  readonly object: string
}
export const explainPolicy = (question: Question) => call<PolicyExplanation>(`policy/explain?${query({ ...question })}`)
/** `file`: the text of a candidate configuration. */
export const simulatePolicy = (file: string) => call<PolicyChange>('policy/simulate', json('POST', { file }))

export const readEvidence = () => call<Evidence>('evidence')
/** Entries of a kind (empty: of all) since a duration before now: `-24h`. */
export const readAudit = (kind: string, from: string) => call<AuditList>(`audit?${query({ kind, from, limit: 500 })}`)
export const beginVerification = () => call<VerifyStateView>('evidence/verification', json('POST', {}))
/** Nothing where none was begun since the start. */
export const readVerification = () => call<VerifyStateView | undefined>('evidence/verification')

export const readRecordKinds = () => call<RecordKindList>('records/kinds')

export interface RecordsAsked {
  readonly kind: string
  readonly key?: readonly string[]
  /** RFC 3339; empty: as it is known now. */
  readonly asKnownAt?: string
  readonly from?: string
  readonly to?: string
  readonly versions?: 'newest' | 'all'
  /** `next` of the page before. */
  readonly after?: string
  readonly limit: number
}
export const readRecords = (asked: RecordsAsked) => call<RecordList>(`records?${query({ ...asked })}`)
/** Page after page of `limit`, at most so many; `truncated` where there is more. */
export async function readRecordPages(asked: RecordsAsked, pages: number): Promise<Answer<RecordList>> {
  const records: RecordList['records'] = []
  let after: string | undefined
  for (let i = 0; i < pages; i++) {
    const page = await readRecords({ ...asked, ...(after !== undefined && { after }) })
    if (!page.ok) return page
    records.push(...page.data.records)
    after = page.data.next
    if (!page.data.truncated || after === undefined) return { ok: true, data: { records, truncated: page.data.truncated } }
  }
  return { ok: true, data: { records, truncated: true } }
}
export const readQuarantine = (limit: number) => call<QuarantineList>(`records/quarantine?${query({ limit })}`)
export const releaseRows = (ids: readonly string[], reason: string) =>
  call<ReleaseAnswer>('records/quarantine/release', json('POST', { ids, reason }))
export const discardRows = (ids: readonly string[], reason: string) =>
  call<DiscardAnswer>('records/quarantine/discard', json('POST', { ids, reason }))
export const readUnknownEquipment = () => call<UnknownEquipmentList>('records/equipment')

export const readDefinitions = () => call<DefinitionList>('facts/definitions')

export interface FactsAsked {
  readonly definition: readonly string[]
  readonly key?: string
  readonly asKnownAt?: string
  readonly from?: string
  readonly to?: string
  readonly revisions?: 'newest' | 'all'
  readonly order?: 'oldest' | 'newest'
  /** Of each definition. */
  readonly limit: number
}
export const readFacts = (asked: FactsAsked) => call<FactList>(`facts?${query({ ...asked })}`)
export const recompute = (definition: string, from: string, to: string) =>
  call<RecomputeAnswer>('facts/recompute', json('POST', { definition, from, to }))

/** A query string without the empty entries; a list repeats its name. */
function query(entries: Readonly<Record<string, string | number | readonly string[] | undefined>>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(entries)) {
    if (typeof value === 'object') for (const one of value) search.append(name, one)
    else if (value !== undefined && value !== '') search.set(name, String(value))
  }
  return search.toString()
}
