import type { z } from 'zod'
import type { NotConnected } from './errors.ts'
import type { OnExchange } from './flows.ts'
import type { Logger } from './log.ts'
import type { PeerFault } from './peer-faults.ts'
import type { ReasonSets } from './reasons.ts'
import type { RecordContext, RecordSource } from './record-source.ts'
import type { SignalTable } from './signals.ts'
import type { Source } from './source.ts'
import type { Clock, Micros } from './time.ts'

/** What the runner gives a connection's source. */
export interface SourceContext {
  /** The connection's name in `ecluse.yaml`. */
  readonly connection: string
  /** Prefix of every signal id of the site, e.g. `t2e`. Connectors build ids with `fullId`. */
  readonly site: string
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly clock: Clock
  readonly log: Logger
  /** This connection's own folder on disk (certificates); may not exist yet. */
  readonly directory: string
  /** 0 <= n < 1. */
  readonly random: () => number
  /**
   * Receipts of this connection's last durable batches, oldest first: what an earlier process had on disk, acknowledged or not. Bounded: it may
   * lack older ones. Absent where nothing is stored (`check`, `browse`).
   */
  readonly receipts?: () => Promise<readonly Receipt[]>
  /** Told of each request with its answer, or of each batch of messages; never per sample. Absent: nobody keeps the flows. */
  readonly onExchange?: OnExchange
}

/** What a source gave with a batch that became durable (`SampleBatch.receipt`). */
export interface Receipt {
  readonly receivedTime: Micros
  readonly bytes: Uint8Array
}

/** One line of `ecluse check`: a step of reaching the device, in order; the first failure ends the list. */
export interface CheckStep {
  /** `tcp`, `security`, `certificate`, `session`, `first read` ... */
  readonly step: string
  readonly ok: boolean
  readonly detail: string
  /** What to do when it failed. */
  readonly hint?: string
  /** The same by code, for other languages. */
  readonly fault?: PeerFault
  readonly latencyMs?: number
}

/** A step that did not get through. */
export function failedStep(step: string, { message, hint, fault }: NotConnected): CheckStep {
  return { step, ok: false, detail: message, ...(hint && { hint }), ...(fault && { fault }) }
}

/** One thing found at a device. */
export interface BrowseEntry {
  /** Path of names from the root, `/` between. */
  readonly path: string
  /** Address in the form the configuration wants. */
  readonly address: string
  readonly dataType: string
  readonly value?: string
  readonly unit?: string
  readonly status?: string
  /** Why it cannot be collected, when it cannot (array, structure). */
  readonly refused?: string
}

/** A peer's certificate waiting for a person's decision. */
export interface PeerIdentity {
  readonly subject: string
  readonly issuer: string
  /** SHA-1 and SHA-256 in hex with colons, as other tools show them. */
  readonly sha1: string
  readonly sha256: string
  readonly validFrom: string
  readonly validTo: string
  readonly trusted: boolean
}

/**
 * A system Écluse can speak with. A connector describes itself once: from `config` come parsing, lint, JSON Schema, docs and form.
 * Heavy libraries are imported inside the functions, so that what is not configured is not loaded.
 */
export interface Connector<Config = unknown> {
  /** The value of `kind:` in the file. */
  readonly kind: string
  readonly label: { readonly fr: string; readonly en: string }
  /** Keys of one connection besides the common ones. A strict zod object. */
  readonly config: z.ZodType<Config>
  /** The protocol brings no time of the device with its values: `clock` of the connection has nothing to correct or to measure. */
  readonly timeless?: true
  /** The other end dials this node and hands over; else this node dials and asks. Decides the direction of the conduit. */
  readonly isListening?: true
  /** Things zod cannot see (ids twice, a glob that can match nothing, unsafe choices that need a warning). Paths are relative to the connection. */
  lint?(config: Config): LintFinding[]
  /** The same with the files it names made absolute: those of the file are relative to its folder, and a PEM text in their place stays. Absent: it names none, or finds them by its context. */
  withPaths?(config: Config, absolute: (path: string) => string): Config
  /** How many requests per second the device is asked, by this configuration. Absent: the device decides, or it cannot be told. */
  requestsPerSecond?(config: Config): number
  /** Makes the source of samples; opens nothing. Absent: the system has IT records only. */
  source?(config: Config, context: SourceContext): Source
  /** The same for IT records; `config` then has `records`, a list of feeds (`core/record-kinds.ts`). Absent: the system has none. */
  records?(config: Config, context: RecordContext): RecordSource
  check(config: Config, context: SourceContext, stop: AbortSignal): AsyncIterable<CheckStep>
  browse?(config: Config, context: SourceContext, match: string, stop: AbortSignal): AsyncIterable<BrowseEntry>
  /** The peer's certificate, and the explicit act of trusting it. */
  identity?(config: Config, context: SourceContext, stop: AbortSignal): Promise<PeerIdentity>
  trust?(config: Config, context: SourceContext, identity: PeerIdentity): Promise<void>
}

/** A connector of samples for certain. */
export type SampleConnector<Config = unknown> = Connector<Config> & Required<Pick<Connector<Config>, 'source'>>

export interface LintFinding {
  readonly path: readonly (string | number)[]
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly level: 'error' | 'warning'
}

/** The site's prefix and a configured id: `t2e` + `baggage/x` = `t2e/baggage/x`. */
export function fullId(site: string, id: string): string {
  return `${site}/${id}`
}
