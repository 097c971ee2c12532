import type { FlowList, PolicyAnswer } from '../../../src/api/schemas.ts'
import type { Standing } from './branches.ts'

export type Conduit = PolicyAnswer['conduits'][number]
export type Flow = FlowList['flows'][number]

/** How a conduit stands, worst first. The last two are normal: a conduit may be declared for what seldom happens. */
export const CONDUIT_STATES = ['undeclared', 'failing', 'expired', 'cut', 'finding', 'refusing', 'due', 'silent', 'flowing'] as const
export type ConduitState = (typeof CONDUIT_STATES)[number]

/** A review is near from so many days before. */
const DUE_DAYS = 30
const DAY_MS = 86_400_000

/** A conduit with what this node sees of it, or the flows from a zone to a zone that no conduit permits. */
export interface ConduitRow {
  /** Absent: nothing is declared. */
  readonly conduit?: Conduit
  /** Zones; undefined: in no declared zone. */
  readonly from: string | undefined
  readonly to: string | undefined
  readonly direction: Conduit['direction']
  /** Worst first; never empty. */
  readonly states: readonly ConduitState[]
  readonly passed: number
  readonly refused: Readonly<Record<string, number>>
  readonly flows: readonly Flow[]
  /** RFC 3339, of the newest flow. */
  readonly lastSeen?: string
  readonly daysLeft?: number
}

export const standingOf = ({ states: [worst = 'flowing'] }: Pick<ConduitRow, 'states'>): Standing => {
  const at = CONDUIT_STATES.indexOf(worst)
  return at <= CONDUIT_STATES.indexOf('cut') ? 2 : at <= CONDUIT_STATES.indexOf('due') ? 1 : 0
}

/** Whole days until the end of the last day (UTC) on which the decision holds; below 0: so many days ago. */
export const daysLeftOf = (reviewBy: string, nowMs: number): number => Math.floor((Date.parse(reviewBy) + DAY_MS - nowMs) / DAY_MS)

/** Whatever may be wrong with it apart from what a test says: the test stands for all the file. */
const failingTests = ({ tests }: PolicyAnswer): Set<string> =>
  new Set(tests.flatMap(({ passed, says }) => (!passed && 'conduit' in says ? [says.conduit] : [])))

/** Every conduit and every pair of zones with what no conduit permits between them: worst first, then by name. */
export function conduitRows(
  policy: PolicyAnswer,
  flows: readonly Flow[],
  openByConduit: Readonly<Record<string, number>>,
  nowMs: number,
): readonly ConduitRow[] {
  const failing = failingTests(policy)
  const byConduit = Map.groupBy(flows, ({ crossing }) => (crossing && isOf(crossing) ? crossing.conduit : undefined))
  const declared = policy.conduits.map((conduit): ConduitRow => {
    const { name, state, from, to, direction } = conduit
    const own = byConduit.get(name) ?? []
    const { passed, refused } = sumOf(throughConduit(policy.crossings, name))
    const daysLeft = daysLeftOf(conduit.reviewBy, nowMs)
    const isSeen = passed > 0 || own.length > 0
    const is: Readonly<Record<ConduitState, boolean>> = {
      undeclared: false,
      failing: failing.has(name),
      expired: state === 'expired',
      cut: state === 'cut',
      finding: (openByConduit[name] ?? 0) > 0,
      refusing: Object.values(refused).some((count) => count > 0),
      due: state !== 'expired' && daysLeft <= DUE_DAYS,
      silent: !isSeen,
      flowing: isSeen,
    }
    return {
      conduit,
      from,
      to,
      direction,
      states: CONDUIT_STATES.filter((one) => is[one]),
      passed,
      refused,
      flows: own,
      daysLeft,
      ...newest(own),
    }
  })
  return [...declared, ...undeclaredRows(policy, flows)].toSorted(worstFirst)
}

/** What is refused because its conduit is cut or overdue is the conduit's own matter; everything else is permitted by nobody. */
const isOf = ({ permitted, reason }: NonNullable<Flow['crossing']>): boolean => permitted || reason === 'cut' || reason === 'expired'

function undeclaredRows({ crossings }: PolicyAnswer, flows: readonly Flow[]): ConduitRow[] {
  const strangers = flows.filter(({ crossing }) => crossing && !isOf(crossing))
  const stopped = crossings.filter(({ permitted, reason }) => !permitted && (reason === 'no-conduit' || reason === 'no-zone'))
  const pairOf = ({ from = '', to = '' }: { from?: string | undefined; to?: string | undefined }) => JSON.stringify([from, to])
  const flowsOf = Map.groupBy(strangers, ({ crossing = {} }) => pairOf(crossing))
  const crossingsOf = Map.groupBy(stopped, pairOf)
  return [...new Set([...flowsOf.keys(), ...crossingsOf.keys()])].map((pair): ConduitRow => {
    const [from, to] = JSON.parse(pair) as [string, string]
    const [own, through] = [flowsOf.get(pair) ?? [], crossingsOf.get(pair) ?? []]
    const direction = own[0]?.crossing?.direction ?? through[0]?.direction ?? 'pull'
    return {
      ...{ from: from || undefined, to: to || undefined, direction, states: ['undeclared'], flows: own },
      ...{ ...sumOf(through), ...newest(own) },
    }
  })
}

export type Counts = Pick<ConduitRow, 'passed' | 'refused'>
export type Through = Omit<PolicyAnswer['crossings'][number], 'counts'> & { readonly counts?: Counts | undefined }

/** The parts of this node that a conduit decides about, each with its own share; and those that would go by it, where nothing came yet. */
export function throughConduit(crossings: PolicyAnswer['crossings'], name: string): Through[] {
  return crossings.flatMap((crossing) => {
    const { conduit, counts } = crossing
    const own = counts?.byConduit.find((one) => one.conduit === name)
    if (own) return [{ ...crossing, counts: own }]
    return conduit === name ? [{ ...crossing, ...(counts && { counts: { passed: 0, refused: {} } }) }] : []
  })
}

function sumOf(crossings: readonly Through[]): Counts {
  const refused: Record<string, number> = {}
  let passed = 0
  for (const { counts } of crossings) {
    passed += counts?.passed ?? 0
    for (const [reason, count] of Object.entries(counts?.refused ?? {})) refused[reason] = (refused[reason] ?? 0) + count
  }
  return { passed, refused }
}

const newest = (flows: readonly Flow[]): { lastSeen?: string } => {
  const lastSeen = flows
    .map((flow) => flow.lastSeen)
    .sort()
    .at(-1)
  return lastSeen === undefined ? {} : { lastSeen }
}

const rank = ({ states: [worst = 'flowing'] }: ConduitRow): number => CONDUIT_STATES.indexOf(worst)
export const nameOfRow = ({ conduit, from, to }: ConduitRow): string => conduit?.name ?? `${from ?? ''} ${to ?? ''}`
export const worstFirst = (a: ConduitRow, b: ConduitRow): number => rank(a) - rank(b) || nameOfRow(a).localeCompare(nameOfRow(b))

export interface ZoneFilter {
  /** A zone, at either end; with `to`, the sending one. */
  readonly zone: string
  readonly to: string
  /** A state, `abnormal`, or all. */
  readonly state: string
  readonly query: string
}

/** The name that links have for an end outside of every zone. */
export const NO_ZONE = '-'

export function filterRows(rows: readonly ConduitRow[], { zone, to, state, query }: ZoneFilter): readonly ConduitRow[] {
  const wanted = query.trim().toLowerCase()
  return rows.filter((row) => {
    const [from, into] = [row.from ?? NO_ZONE, row.to ?? NO_ZONE]
    if (to !== '' ? from !== zone || into !== to : zone !== '' && from !== zone && into !== zone) return false
    if (state === 'abnormal' ? standingOf(row) === 0 : state !== '' && !row.states.includes(state as ConduitState)) return false
    const { name = '', owner = '', transports = [], necessity = '', label } = row.conduit ?? {}
    return [name, owner, ...transports, necessity, label?.fr ?? '', label?.en ?? '', from, into].some((text) =>
      text.toLowerCase().includes(wanted),
    )
  })
}
