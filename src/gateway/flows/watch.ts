import type { AuditTrail } from '../../core/audit.ts'
import type { RootDifference } from '../../core/evidence.ts'
import {
  type BaselineView,
  type FlowEnds,
  type FlowsView,
  type FlowView,
  type JudgedFlow,
  type Observation,
  SELF,
  type SecurityFinding,
  type SensorView,
} from '../../core/flows.ts'
import type { Logger } from '../../core/log.ts'
import { type Clock, formatTime, type Micros, SECOND } from '../../core/time.ts'
import type { Signer } from '../../lib/signed.ts'
import { type AcceptedBaseline, Baseline, type BaselineContent, changesBetween, contentOf, flowName, hashOf } from './baseline.ts'
import { COMPARED, compare, type DayStart, type Declared, dayStart } from './compare.ts'
import type { Delivered, DetectContext, Detector, SignIn } from './detector.ts'
import { type Canary, canaryWatch } from './detectors/canary.ts'
import { makeDetectors } from './detectors/index.ts'
import { replayedValues } from './detectors/replayed-values.ts'
import { silentFlows } from './detectors/silence.ts'
import { FindingBook, type Raised } from './findings.ts'
import { FLOW_LIMITS } from './limits.ts'
import { type KeptState, readBaseline, readState, writeBaseline, writeState } from './state.ts'
import { FlowTable } from './table.ts'

const COMPARE_EVERY = 10 * SECOND
const SENSOR = 'sensor:'
const SAVE_EVERY = 60 * SECOND

export interface WatchParts {
  readonly directory: string
  readonly signer: Signer
  readonly clock: Clock
  readonly log: Logger
  readonly audit: Pick<AuditTrail, 'record' | 'note'>
  readonly declared: Declared
  readonly canaries: readonly Canary[]
  /** This program and the addresses of this machine. */
  readonly isOwn: (address: string) => boolean
  readonly ownerOf: (ends: FlowEnds) => string | undefined
  /** A finding that does not last is gone when it was not seen again for this long. */
  readonly resolveAfter: Micros
  readonly sensors?: () => readonly SensorView[]
}

/** What this node sees of who talks to whom, what was declared and learned of it, and what differs. */
export class FlowWatch implements FlowsView {
  readonly #parts: WatchParts
  readonly #started: Micros
  readonly #table = new FlowTable()
  readonly #book = new FindingBook()
  readonly #canaries: ReturnType<typeof canaryWatch>
  readonly #detectors: readonly Detector[]
  #learning: { since: Micros; table: FlowTable; repeating: Set<string> } | undefined
  #accepted: AcceptedBaseline | undefined
  #isDamaged = false
  #context: DetectContext
  #day: DayStart | undefined
  #comparedTime = 0
  #savedTime = 0

  /** Reads what an earlier process kept. What cannot be read is said in the log and begun anew, but for the baseline, which is never begun anew silently. */
  static async open(parts: WatchParts): Promise<FlowWatch> {
    const { directory, signer, log } = parts
    const kept = await readState(directory).catch((error: unknown) => {
      log.error({ error: String(error) }, 'the observed flows of earlier cannot be read; they are observed anew')
      return undefined
    })
    return new FlowWatch(parts, kept, await readBaseline(directory, signer))
  }

  private constructor(parts: WatchParts, kept: KeptState | undefined, accepted: AcceptedBaseline | 'damaged' | undefined) {
    const { clock, ownerOf, isOwn, canaries, log } = parts
    this.#parts = parts
    this.#started = clock.now()
    this.#savedTime = this.#started
    this.#table.restore(kept?.flows ?? [])
    this.#table.refused = kept?.refused ?? 0
    this.#book.restore(kept?.findings ?? [])
    this.#day = kept?.day && { day: kept.day.day, bytes: new Map(kept.day.bytes) }
    this.#isDamaged = accepted === 'damaged'
    if (this.#isDamaged) log.error({}, 'the accepted baseline is not what this node signed: somebody changed or damaged it')
    this.#accepted = accepted === 'damaged' ? undefined : accepted
    this.#context = { ownerOf, isOwn, baseline: this.#accepted && new Baseline(this.#accepted.content) }
    this.#canaries = canaryWatch(canaries)
    this.#detectors = [
      ...makeDetectors(this.#table.view()),
      replayedValues(() => log.warn({ signals: FLOW_LIMITS.watchedSignals }, 'of no more signals are replayed values looked for')),
      this.#canaries,
    ]
    // A node that has no baseline yet learns one from its first start; what is accepted is never learned over.
    if (kept?.learning) this.#resumeLearning(kept.learning)
    else if (accepted === undefined) this.#learning = { since: this.#started, table: new FlowTable(), repeating: new Set() }
  }

  observe(seen: Observation): void {
    this.#table.record(seen)
    this.#learning?.table.record(seen)
    for (const detector of this.#detectors) {
      const raised = detector.observe?.(seen, this.#context)
      if (raised) this.#raise(raised, seen.time)
    }
  }

  deliver(delivered: Delivered): void {
    for (const detector of this.#detectors) {
      const raised = detector.deliver?.(delivered, this.#context) ?? []
      for (const one of raised) {
        const signal = one.code === 'replayed-values' ? one.subject : undefined
        // What repeats itself while a baseline is learned is for the operator to review, not to be woken for.
        if (signal !== undefined && this.#learning && this.#learning.repeating.size < FLOW_LIMITS.watchedSignals)
          this.#learning.repeating.add(signal)
        if (signal === undefined || this.#context.baseline) this.#raise(one, delivered.batch.receivedTime)
      }
    }
  }

  judge(ends: FlowEnds): JudgedFlow | undefined {
    const { declared, clock } = this.#parts
    if (declared.policy.zones.length === 0) return undefined
    const { crossing, decision } = declared.judge(ends, clock.now())
    const { from, to, direction } = crossing
    const { permitted, reason, conduit } = decision
    return { from, to, direction, permitted, reason, ...(conduit !== undefined && { conduit }) }
  }

  refusedSignIn(signIn: SignIn): void {
    for (const detector of this.#detectors) {
      const raised = detector.refusedSignIn?.(signIn)
      if (raised) this.#raise(raised, signIn.time)
    }
  }

  touched(text: string, who: string): void {
    const raised = this.#canaries.touched(text, who)
    if (raised) this.#raise(raised, this.#parts.clock.now())
  }

  /** Hours of other nodes' logs that are not what they were when they came here. */
  rootsDiffer(differences: readonly RootDifference[]): void {
    for (const { node, hour, from, to, root, stated } of differences) {
      const owner = this.#parts.ownerOf({ via: 'link', protocol: 'link', source: node, destination: SELF, port: 0 })
      const evidence = { hour: formatTime(hour), from, to, root, stated }
      this.#raise(
        { code: 'root-differs', severity: 'critical', subject: node, key: `${node} ${from}`, owner, evidence },
        this.#parts.clock.now(),
      )
    }
  }

  /** Once a second: what lasts is looked for, and all of it is kept now and then. Never rejects. */
  async tick(): Promise<void> {
    const { clock, declared, resolveAfter } = this.#parts
    const now = clock.now()
    const { baseline } = this.#context
    const listening = {
      table: this.#table,
      started: this.#started,
      context: this.#context,
      isListening: (via: string) => this.#isListening(via),
    }
    this.#settle(['silence'], baseline ? silentFlows({ ...listening, baseline }, now) : [], now)
    if (now - this.#comparedTime >= COMPARE_EVERY) {
      this.#comparedTime = now
      const flows = this.#table.view()
      this.#day = dayStart(this.#day, flows, now)
      this.#settle(COMPARED, compare(flows, declared, this.#day, this.#started, now), now)
      this.#book.expire(resolveAfter, now)
    }
    if (now - this.#savedTime >= SAVE_EVERY) await this.save()
  }

  /** Replaces the file of what was seen. */
  async save(): Promise<void> {
    const { clock, directory, log } = this.#parts
    this.#savedTime = clock.now()
    const learning = this.#learning
    const state: KeptState = {
      ...{ flows: this.#table.view(), refused: this.#table.refused, findings: this.#book.keep() },
      ...(learning && { learning: { since: learning.since, flows: learning.table.view(), repeating: [...learning.repeating] } }),
      ...(this.#day && { day: { day: this.#day.day, bytes: [...this.#day.bytes] } }),
    }
    await writeState(directory, state).catch((error: unknown) => log.error({ error: String(error) }, 'the observed flows cannot be kept'))
  }

  flows = (): readonly FlowView[] => this.#table.view()
  refused = (): number => this.#table.refused + this.#book.refused
  findings = (): readonly SecurityFinding[] => this.#book.view()

  conduitsOf(findings: readonly SecurityFinding[]): (string | undefined)[] {
    const { zones, conduits } = this.#parts.declared.policy
    if (zones.length === 0) return findings.map(() => undefined)
    const names = new Set(conduits.map(({ name }) => name))
    const byFlow = new Map(this.#table.view().map((flow) => [flowName(flow), this.judge(flow)?.conduit]))
    return findings.map(({ subject, evidence: { conduit } }) => {
      if (typeof conduit === 'string' && names.has(conduit)) return conduit
      return names.has(subject) ? subject : byFlow.get(subject)
    })
  }

  sensors = (): readonly SensorView[] => this.#parts.sensors?.() ?? []

  async acknowledge(id: string, who: string, reason: string): Promise<SecurityFinding | undefined> {
    const { audit, clock } = this.#parts
    const finding = this.#book.get(id)
    if (!finding) return undefined
    await audit.record({
      kind: 'acknowledgement',
      outcome: 'done',
      who,
      what: `${finding.code} ${finding.subject}`,
      detail: { id, reason },
    })
    const acknowledged = this.#book.acknowledge(id, who, reason, clock.now())
    await this.save()
    return acknowledged
  }

  baseline(): BaselineView {
    const accepted = this.#accepted
    const candidate = this.#candidate()
    const changes = candidate ? changesBetween(accepted?.content, candidate) : []
    return {
      state: this.#isDamaged ? 'damaged' : accepted ? 'accepted' : 'learning',
      ...(this.#learning && { learningSince: this.#learning.since }),
      ...(accepted && {
        accepted: {
          ...{ who: accepted.who, reason: accepted.reason, time: accepted.time, hash: accepted.hash },
          flows: accepted.content.flows.length,
        },
      }),
      changes: changes.slice(0, FLOW_LIMITS.changesShown),
      changesTotal: changes.length,
      ...(candidate && { candidateHash: hashOf(candidate) }),
      ...(this.#isDamaged && { problem: 'the accepted baseline is not what this node signed' }),
    }
  }

  async learn(who: string): Promise<void> {
    const { audit, clock } = this.#parts
    await audit.record({ kind: 'baseline', outcome: 'done', who, what: 'learn' })
    this.#learning = { since: clock.now(), table: new FlowTable(), repeating: new Set() }
    await this.save()
  }

  async accept(hash: string, who: string, reason: string): Promise<boolean> {
    const { audit, clock, directory, signer } = this.#parts
    const content = this.#candidate()
    if (!content || hashOf(content) !== hash) return false
    const accepted: AcceptedBaseline = { format: 1, who, reason, time: clock.now(), hash, content }
    await audit.record({ kind: 'baseline', outcome: 'done', who, what: 'accept', detail: { hash, flows: content.flows.length, reason } })
    await writeBaseline(directory, signer, accepted)
    this.#accepted = accepted
    this.#isDamaged = false
    this.#context = { ...this.#context, baseline: new Baseline(content) }
    this.#learning = undefined
    await this.save()
    return true
  }

  #isListening(via: string): boolean {
    const name = via.startsWith(SENSOR) ? via.slice(SENSOR.length) : undefined
    const sensors = this.#parts.sensors?.()
    return name === undefined || !sensors || sensors.some((sensor) => sensor.name === name && sensor.state === 'running')
  }

  #candidate(): BaselineContent | undefined {
    const learning = this.#learning
    return learning && contentOf(learning.table.view(), [...learning.repeating])
  }

  #resumeLearning({ since, flows, repeating }: NonNullable<KeptState['learning']>): void {
    const table = new FlowTable()
    table.restore(flows)
    this.#learning = { since, table, repeating: new Set(repeating) }
  }

  #raise(raised: Raised, time: Micros): void {
    if (this.#book.raise(raised, time)) this.#tell(raised)
  }

  #settle(codes: readonly ((typeof COMPARED)[number] | 'silence')[], raised: readonly Raised[], now: Micros): void {
    const fresh = this.#book.settle(codes, raised, now)
    for (const one of fresh) this.#tell(one)
  }

  /** A finding that is new goes to the audit log, and from there to whoever collects it. */
  #tell({ code, severity, subject, evidence }: Raised): void {
    const { audit, log } = this.#parts
    log.warn({ code, severity, subject, ...evidence }, 'security finding')
    void audit.note({ kind: 'detection', outcome: 'done', what: `${code} ${subject}`.slice(0, 256), detail: { severity } })
  }
}
