import type { Permission } from './roles.ts'
import type { Label } from './signals.ts'

/** The seven foundational requirements of IEC 62443-1-1: identification and authentication, use, integrity, confidentiality, restricted flow, response, availability. */
export const FOUNDATIONAL_REQUIREMENTS = ['IAC', 'UC', 'SI', 'DC', 'RDF', 'TRE', 'RA'] as const
export type FoundationalRequirement = (typeof FOUNDATIONAL_REQUIREMENTS)[number]

/** A security level per foundational requirement, 0 to 4: a single number would hide which of them is weak. */
export type SecurityLevels = Readonly<Record<FoundationalRequirement, number>>

/** Assets that share security requirements (IEC 62443-3-2, ZCR 3). */
export interface Zone {
  readonly name: string
  readonly label?: Label
  /** Purdue level: 0 process … 5 enterprise; 3.5 is the demilitarised zone between OT and IT. */
  readonly level: number
  /** SL-T, what the zone is to reach. */
  readonly target: SecurityLevels
  /** Class by impact of the method of ANSSI (2025): 1 minor, 2 moderate, 3 major, 4 catastrophic. */
  readonly impact?: 1 | 2 | 3 | 4
  readonly owner?: string
}

/**
 * Who opens the connection that data goes through, and whether anything can come back. `push`: the end that sends dials. `pull`: the end that receives
 * dials and asks. `one-way`: nothing can come back at all.
 */
export const CONDUIT_DIRECTIONS = ['push', 'pull', 'one-way'] as const
export type ConduitDirection = (typeof CONDUIT_DIRECTIONS)[number]

/** Why data may cross: what the business needs it for, and who answers for the risk. */
export interface BusinessCase {
  readonly necessity: string
  readonly value?: string
  /** What follows when this conduit is misused. */
  readonly impact: string
  readonly dependencies: readonly string[]
  readonly owner: string
  readonly riskOwner: string
  /** Day (YYYY-MM-DD, UTC) until which the decision holds; after it nothing passes. */
  readonly reviewBy: string
  readonly isolation: IsolationPlan
}

/** How the conduit is cut: who may, what stops then, and what people do by hand instead. */
export interface IsolationPlan {
  readonly by: readonly string[]
  readonly stops: readonly string[]
  readonly manual: readonly string[]
}

/** The one way data may go from a zone to another. What no conduit names does not pass. */
export interface Conduit extends BusinessCase {
  readonly name: string
  readonly label?: Label
  /** Zones; data goes from the first to the second. */
  readonly from: string
  readonly to: string
  readonly direction: ConduitDirection
  /** Kinds of connection (`opcua`, `modbus` …), `link`, `diode`, `http`, `syslog`, `openlineage`. */
  readonly transports: readonly string[]
  /** Globs of signal ids under the site; none: no signal passes. */
  readonly signals: readonly string[]
  /** Globs of kinds of IT records and of definitions of results; none: none passes. */
  readonly records: readonly string[]
  readonly results: readonly string[]
  /** Results may name what they were computed from, also where that may not pass itself. */
  readonly namesInputs: boolean
  /** `host`, `host:port` or a network `10.0.0.0/8`; none: no limit beside the addresses in the file. */
  readonly peers: readonly string[]
  /** What may be asked of the device: function codes (`3`, `43`) or service names (`Read`); none: what the connector needs. */
  readonly services: readonly string[]
  readonly maxSamplesPerSecond?: number
  readonly maxBytesPerDay?: number
  /** Cut by its isolation plan: nothing passes while it is set. */
  readonly isCut: boolean
}

/** What the file declares. */
export interface DeclaredPolicy {
  /** The site's id, which signal ids begin with and globs leave out. */
  readonly site: string
  readonly zones: readonly Zone[]
  readonly conduits: readonly Conduit[]
}

/** A way from a zone to a zone that this node has or could have. */
export interface Crossing {
  /** Zones; undefined where none is declared for that end. */
  readonly from: string | undefined
  readonly to: string | undefined
  /** As in `Conduit.transports`. */
  readonly transport: string
  readonly direction: ConduitDirection
  /** `host` or `host:port` of the other end; several where any of them may answer; absent where it has no address (a file) or none is known yet. */
  readonly peers?: readonly string[] | undefined
}

/** What goes through: a signal by its whole id, a kind of IT records, a definition of results. */
export const PASSING_KINDS = ['signal', 'record', 'result'] as const
export type PassingKind = (typeof PASSING_KINDS)[number]
export interface Passing {
  readonly kind: PassingKind
  readonly id: string
}

/**
 * Why something passes: `no-zones` are declared, both ends are in the `same-zone`, a `conduit` names it. Why it does not: an end is in `no-zone` that is
 * declared, there is `no-conduit` between the two, or the one that comes nearest has another `transport`, `direction` or `peer`, does not name it (`not-named`), is
 * `cut`, or is past its review (`expired`); or it names a result, and not what that says it was computed from (`input-not-named`).
 */
export const PERMITTING = ['no-zones', 'same-zone', 'conduit'] as const
export const REFUSING = [
  'no-zone',
  'no-conduit',
  'transport',
  'direction',
  'peer',
  'not-named',
  'cut',
  'expired',
  'input-not-named',
] as const
export type PolicyReason = (typeof PERMITTING)[number] | (typeof REFUSING)[number]

export interface PolicyDecision {
  readonly permitted: boolean
  readonly reason: PolicyReason
  /** The conduit that permits it, or that came nearest. */
  readonly conduit?: string
  /** Where in the configuration this is decided: keys and places in lists. */
  readonly path: readonly (string | number)[]
  /** The decision holds until then: when the review of a conduit is due. Absent: as long as the configuration. */
  readonly until?: number
}

/** Reasons in the ledger for what no conduit let pass; `conduit-rate` is what was more than its rate. */
export const conduitReason = (reason: PolicyReason | 'rate'): string => `${CONDUIT_GAP}${reason}`
/** How the cause of a gap begins that stands for a record that no conduit let pass. */
export const CONDUIT_GAP = 'conduit-'

interface Passed {
  readonly passed: number
  readonly refused: Readonly<Record<string, number>>
}

/** A crossing of the running node, how it stands, and what went through since the start. */
export interface CrossingView extends Crossing {
  /** `connection`, `link-out`, `link-in`, `openlineage`, `syslog`, `http`. */
  readonly part: string
  readonly name: string
  readonly decision: PolicyDecision
  /** The one that lets the most of it pass, or would by what the file says comes this way. */
  readonly conduit?: string
  /** Where in which file that is decided, `ecluse.yaml:12`. */
  readonly place: string
  /** Samples, rows, records or messages that passed, and those that did not, by reason. Undefined where both ends are in one zone: nothing is counted. */
  readonly counts?: (Passed & { readonly byConduit: readonly (Passed & { readonly conduit: string })[] }) | undefined
}

/** The answer to "may SUBJECT do ACTION with OBJECT". */
export type PolicyAnswer =
  | (PolicyDecision & Crossing & { readonly about: 'crossing'; readonly part: string; readonly name: string; readonly place: string })
  | {
      readonly about: 'role'
      readonly role: string
      readonly permission: string
      readonly zone: string | undefined
      readonly permitted: boolean
      readonly path: readonly (string | number)[]
      readonly place: string
    }
  | {
      readonly about: 'nothing'
      readonly unknown: 'subject' | 'action' | 'object'
      readonly name: string
      readonly known: readonly string[]
      readonly near?: string | undefined
    }

/** What another policy would give and take. */
export interface SimulatedChange {
  readonly rights: Gains<{ readonly who: string; readonly permission: string; readonly zone: string }>
  readonly carried: Gains<Passing & { readonly conduit: string }>
  /** What the conduits themselves say otherwise, by key; it counts for what nobody has declared yet, too. */
  readonly conduits: readonly { readonly conduit: string; readonly key: string; readonly before: string; readonly after: string }[]
  /** Ways of this node that would open, close, or not be there; undefined: there is none. */
  readonly ways: readonly {
    readonly part: string
    readonly name: string
    readonly before: PolicyReason | undefined
    readonly after: PolicyReason | undefined
  }[]
  /** Pairs that were not asked, because there are too many. */
  readonly unasked: number
  /** What `lint` finds in the other file, for people. */
  readonly problems: readonly { readonly code: string; readonly message: string; readonly line: number }[]
}
interface Gains<T> {
  readonly gained: readonly T[]
  readonly lost: readonly T[]
}

/** A zone by name, all zones of a level, or of levels from one to another. */
export type ZoneOrLevel = string | { readonly level: number } | { readonly levels: readonly [number, number] }
/** What a policy test says must not be. */
export type PolicyTestSays =
  | { readonly conduit: string; readonly neverCarries: readonly string[] }
  | { readonly from: ZoneOrLevel; readonly to: ZoneOrLevel }
  | { readonly role: string; readonly mayNot: Permission; readonly zone: ZoneOrLevel }

export interface PolicyTestView {
  readonly name: string | undefined
  readonly says: PolicyTestSays
  readonly passed: boolean
  /** Where the test stands. */
  readonly place: string
  /** `message`: in every language, complete. */
  readonly findings: readonly { readonly is: string; readonly place: string; readonly message: Required<Label> }[]
}

/** The policy of a running node. */
export interface PolicyView {
  readonly declared: DeclaredPolicy
  crossings(): CrossingView[]
  /** Where a conduit is declared, how it stands now, and when its review is overdue (microseconds, exclusive). */
  stateOf(conduit: string): { readonly place: string; readonly state: 'open' | 'cut' | 'expired'; readonly expires: number }
  tests(): PolicyTestView[]
  /** What each role may over each zone. */
  rights(): { readonly role: string; readonly zone: string; readonly may: readonly Permission[] }[]
  explain(subject: string, action: string, object: string): PolicyAnswer[]
  /** `file`: the text of another `ecluse.yaml`; `people`: roles by account. Undefined when it cannot be read at all. */
  simulate(file: string, people: ReadonlyMap<string, readonly string[]>): SimulatedChange | undefined
  /** Why somebody at this network address may not read here; undefined when they may. */
  againstReader(address: string): string | undefined
  /** What lets something in, as it stands now: the crossing of a connection of this node, or of the node that sends it here; undefined where nothing crosses. */
  letIn(
    passing: Passing,
    way: { readonly connection: string } | { readonly node: string },
  ): (PolicyDecision & { readonly place: string }) | undefined
}
