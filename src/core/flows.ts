import type { Crossing, PolicyDecision } from './policy.ts'
import type { Label } from './signals.ts'
import type { Micros } from './time.ts'

/** This program, as one end of a flow. */
export const SELF = 'self'

/** What one question and its answer were, or the messages of one batch: told by whoever made them, never per sample. */
export interface Exchange {
  /** The other end: its address, or its name as the file has it. */
  readonly host: string
  /** The port that was listened on, at whichever end; 0 where there is none. */
  readonly port: number
  /** Absent: this program opened the connection. */
  readonly isOpenedByPeer?: true
  /** Function code (`3`), service (`Read`), kind of packet, method. */
  readonly service?: string
  readonly unit?: number
  /** First address and how many, where the protocol numbers them. */
  readonly address?: number
  readonly addresses?: number
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Requests and answers, packets or messages; default 1 where there are bytes. */
  readonly sent?: number
  readonly received?: number
  /** The peer refused: an exception code, a bad service result. */
  readonly exception?: string
  /** SHA-256 of the certificate that the peer showed, or the name it proved. */
  readonly identity?: string
  /** What the one who opened it calls itself: an MQTT client identifier. */
  readonly client?: string
  /** What the device says it is: product, version, state. */
  readonly device?: Readonly<Record<string, string>>
}
export type OnExchange = (exchange: Exchange) => void

/** Who talks to whom. */
export interface FlowEnds {
  /** Connection, `link`, `diode`, or `sensor:NAME` for what is mirrored here. */
  readonly via: string
  /** Who opened it: an address, a name, or `self`. */
  readonly source: string
  readonly destination: string
  readonly port: number
  readonly protocol: string
}

/** One thing seen, at this program or on the wire. Bytes and packets are those of the source (`sent`) and of the destination (`received`). */
export interface Observation extends FlowEnds, Omit<Exchange, 'host' | 'port' | 'isOpenedByPeer'> {
  readonly time: Micros
  /** It changes something at the destination. */
  readonly isWrite?: boolean
}

export interface FlowServiceView {
  readonly service: string
  readonly count: number
  readonly exceptions: number
  readonly firstSeen: Micros
  readonly lastSeen: Micros
  /** Inclusive, merged, in order. */
  readonly addresses: readonly (readonly [number, number])[]
}

export interface FlowView extends FlowEnds {
  readonly services: readonly FlowServiceView[]
  readonly units: readonly (readonly [number, number])[]
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly sent: number
  readonly received: number
  readonly exceptions: number
  readonly firstSeen: Micros
  readonly lastSeen: Micros
  /** The longest silence between two observations while this program ran. */
  readonly longestGap: Micros
  /** The last seen is the last. */
  readonly identities: readonly string[]
  readonly clients: readonly string[]
  readonly device?: Readonly<Record<string, string>>
  /** Services, ranges or identities that found no room of their own. */
  readonly capped: number
}

/** What can be found; each is a file under `gateway/flows/`. */
export const FINDING_CODES = [
  'undeclared-flow',
  'wrong-direction',
  'expired-conduit',
  'silent-conduit',
  'over-volume',
  'undeclared-service',
  'new-talker',
  'new-service',
  'new-addresses',
  'unexpected-write',
  'exception-burst',
  'identity-change',
  'certificate-change',
  'replayed-values',
  'frozen-clock',
  'silence',
  'new-egress',
  'sign-in-burst',
  'canary',
  'root-differs',
] as const
export type FindingCode = (typeof FINDING_CODES)[number]

export const FINDING_SEVERITIES = ['critical', 'high', 'medium', 'low'] as const
export type FindingSeverity = (typeof FINDING_SEVERITIES)[number]

/** A technique of MITRE ATT&CK for ICS that a finding resembles; it says nothing of intent. */
export interface Technique {
  readonly id: string
  readonly name: string
}

export interface SecurityFinding {
  /** The same thing seen again has the same. */
  readonly id: string
  readonly code: FindingCode
  readonly severity: FindingSeverity
  readonly state: 'open' | 'acknowledged' | 'resolved'
  /** A flow, connection, conduit, signal or account. */
  readonly subject: string
  /** Who answers for the conduit or the zone; absent: nobody is declared. */
  readonly owner?: string
  readonly evidence: Readonly<Record<string, string | number>>
  readonly techniques: readonly Technique[]
  /** In every language, complete. */
  readonly text: Required<Label>
  readonly advice: Required<Label>
  readonly firstSeen: Micros
  readonly lastSeen: Micros
  readonly count: number
  readonly acknowledged?: { readonly who: string; readonly reason: string; readonly time: Micros }
  readonly resolvedTime?: Micros
}

/** What was learned and accepted. */
export interface BaselineView {
  /** `learning`: no baseline is in force yet. */
  readonly state: 'learning' | 'accepted' | 'damaged'
  readonly learningSince?: Micros
  readonly accepted?: {
    readonly who: string
    readonly reason: string
    readonly time: Micros
    /** SHA-256 of what was accepted, hexadecimal. */
    readonly hash: string
    readonly flows: number
  }
  /** What was learned and is not in force: to be reviewed before it is accepted. */
  readonly changes: readonly { readonly change: 'added' | 'removed'; readonly flow: string; readonly what: string }[]
  readonly changesTotal: number
  /** Of what would be accepted now; `accept` names it, so that nobody accepts what nobody has seen. Absent: nothing is being learned. */
  readonly candidateHash?: string
  readonly problem?: string
}

export interface SensorView {
  readonly name: string
  readonly state: 'running' | 'ended' | 'failed'
  readonly packets: number
  readonly observations: number
  /** Packets that were not read, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  readonly problem?: string
}

/** How a flow stands with the declared zones and conduits. */
export interface JudgedFlow extends Pick<Crossing, 'from' | 'to' | 'direction'>, Pick<PolicyDecision, 'permitted' | 'reason' | 'conduit'> {}

export interface FlowsView {
  flows(): readonly FlowView[]
  /** Undefined where no zones are declared: there is nothing to judge by. */
  judge(ends: FlowEnds): JudgedFlow | undefined
  /** Observations of flows that found no room in the table. */
  refused(): number
  /** Worst first. */
  findings(): readonly SecurityFinding[]
  /** Of each of these, the conduit that it names, or that the flow goes by which it is about; undefined: none. */
  conduitsOf(findings: readonly SecurityFinding[]): readonly (string | undefined)[]
  /** Undefined: there is no such finding. */
  acknowledge(id: string, who: string, reason: string): Promise<SecurityFinding | undefined>
  baseline(): BaselineView
  /** Begins to learn anew; what is in force stays in force. */
  learn(who: string): Promise<void>
  /** Freezes the candidate with this hash; false when it has another by now. */
  accept(hash: string, who: string, reason: string): Promise<boolean>
  sensors(): readonly SensorView[]
  /** Something of this node's own surface named these signals (an address of the API). */
  touched(text: string, who: string): void
}

/** Nothing seen; for parts and tests that run without a node. */
export const noFlows: FlowsView = {
  flows: () => [],
  judge: () => undefined,
  refused: () => 0,
  findings: () => [],
  conduitsOf: (findings) => findings.map(() => undefined),
  acknowledge: async () => undefined,
  baseline: () => ({ state: 'learning', changes: [], changesTotal: 0 }),
  learn: async () => {},
  accept: async () => false,
  sensors: () => [],
  touched: () => {},
}
