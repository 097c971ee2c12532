import { createHash } from 'node:crypto'
import { FINDING_SEVERITIES, type FindingCode, type FindingSeverity, type SecurityFinding } from '../../core/flows.ts'
import type { Micros } from '../../core/time.ts'
import { FLOW_LIMITS } from './limits.ts'
import { techniquesOf } from './techniques.ts'
import { wordsOf } from './words.ts'

/** What a detector or the comparison says; the same `code` and `key` is the same finding. */
export interface Raised {
  readonly code: FindingCode
  readonly severity: FindingSeverity
  readonly subject: string
  /** Default: the subject. */
  readonly key?: string
  readonly owner?: string | undefined
  readonly evidence: Readonly<Record<string, string | number>>
}

/** What is kept of a finding: words and techniques follow from its code. */
export type KeptFinding = Omit<SecurityFinding, 'text' | 'advice' | 'techniques'>

type Finding = { -readonly [K in keyof KeptFinding]: KeptFinding[K] }

const STATES: readonly SecurityFinding['state'][] = ['open', 'acknowledged', 'resolved']

/** Findings and their life: seen first, again, acknowledged, gone, back again. Bounded; what finds no room is counted. */
export class FindingBook {
  readonly #findings = new Map<string, Finding>()
  refused = 0

  /** True when it is new, or back again after it was gone. */
  raise(raised: Raised, now: Micros): boolean {
    const { code, severity, subject, owner, evidence: given } = raised
    const id = idOf(raised)
    const evidence = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, FLOW_LIMITS.evidenceLength) : value]),
    )
    const known = this.#findings.get(id)
    if (!known) {
      if (this.#findings.size >= FLOW_LIMITS.findings && !this.#makeRoom()) {
        this.refused++
        return false
      }
      const finding: Finding = { id, code, severity, state: 'open', subject, evidence, firstSeen: now, lastSeen: now, count: 1 }
      if (owner !== undefined) finding.owner = owner
      this.#findings.set(id, finding)
      return true
    }
    known.lastSeen = now
    known.count++
    known.evidence = evidence
    if (owner !== undefined) known.owner = owner
    if (known.state !== 'resolved') return false
    known.state = 'open'
    delete known.resolvedTime
    delete known.acknowledged
    return true
  }

  /** Of these codes, `raised` are all that hold now: the others are gone. Those that are new, or back again. */
  settle(codes: readonly FindingCode[], raised: readonly Raised[], now: Micros): Raised[] {
    const fresh = raised.filter((one) => this.raise(one, now))
    const holding = new Set(raised.map(idOf))
    for (const finding of this.#findings.values())
      if (codes.includes(finding.code) && finding.state !== 'resolved' && !holding.has(finding.id)) resolve(finding, now)
    return fresh
  }

  /** What happens at a moment, and does not last, is gone when it was not seen again for `quiet`. */
  expire(quiet: Micros, now: Micros): void {
    // A log that was changed stays changed, however long nothing is said of it.
    for (const finding of this.#findings.values())
      if (finding.state !== 'resolved' && finding.code !== 'root-differs' && now - finding.lastSeen > quiet) resolve(finding, now)
  }

  get(id: string): SecurityFinding | undefined {
    const finding = this.#findings.get(id)
    return finding && toView(finding)
  }

  acknowledge(id: string, who: string, reason: string, time: Micros): SecurityFinding | undefined {
    const finding = this.#findings.get(id)
    if (!finding) return undefined
    finding.acknowledged = { who, reason, time }
    if (finding.state === 'open') finding.state = 'acknowledged'
    return toView(finding)
  }

  /** Worst first: what is open before what is known before what is gone, by severity, newest first. */
  view(): SecurityFinding[] {
    return [...this.#findings.values()].sort(worseFinding).map(toView)
  }

  keep(): KeptFinding[] {
    return [...this.#findings.values()].map((finding) => ({ ...finding }))
  }

  restore(kept: readonly KeptFinding[]): void {
    for (const finding of kept.slice(0, FLOW_LIMITS.findings)) this.#findings.set(finding.id, { ...finding })
  }

  /** The one that has been gone longest makes room; one that is not gone never does. */
  #makeRoom(): boolean {
    let oldest: Finding | undefined
    for (const finding of this.#findings.values())
      if (finding.state === 'resolved' && (!oldest || finding.lastSeen < oldest.lastSeen)) oldest = finding
    return oldest !== undefined && this.#findings.delete(oldest.id)
  }
}

const idOf = ({ code, subject, key = subject }: Raised): string => createHash('sha256').update(`${code} ${key}`).digest('hex').slice(0, 16)

function resolve(finding: Finding, now: Micros): void {
  finding.state = 'resolved'
  finding.resolvedTime = now
}

function worseFinding(a: KeptFinding, b: KeptFinding): number {
  return (
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    FINDING_SEVERITIES.indexOf(a.severity) - FINDING_SEVERITIES.indexOf(b.severity) ||
    b.lastSeen - a.lastSeen ||
    (a.id < b.id ? -1 : 1)
  )
}

function toView(finding: KeptFinding): SecurityFinding {
  const { code, subject, evidence } = finding
  return { ...finding, techniques: techniquesOf(code), ...wordsOf(code, subject, evidence) }
}
