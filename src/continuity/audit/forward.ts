import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import type { AuditEntry, AuditForwardView } from '../../core/audit.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time.ts'
import { BackOff } from '../../lib/back-off.ts'
import { type DurableFiles, replaceTextIn } from '../../lib/durable-files.ts'
import type { ForwardConfig } from '../config.ts'
import { type Sender, toCef, toSyslog } from './formats.ts'
import { AUDIT_LIMITS } from './limits.ts'
import { openSending, type Sending } from './send.ts'

const LOOK_MS = 1_000
const BACK_OFF_FIRST_MS = 500
const BACK_OFF_LIMIT_MS = 60_000

export interface ForwardParts {
  readonly config: ForwardConfig
  readonly sender: Sender
  /** The audit log's. */
  readonly directory: string
  readonly files: DurableFiles
  /** Entries after one, oldest first, and the oldest that is still there. */
  readonly after: (entry: number) => Promise<{ entries: AuditEntry[]; first: number }>
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly open?: (config: ForwardConfig) => Promise<Sending>
  readonly policy?: ForwardPolicy
}

/** What may be told to receivers, and what is told of it. */
export interface ForwardPolicy {
  /** Why nothing may be forwarded to one just now; undefined when it may. */
  against(config: ForwardConfig): string | undefined
  /** Entries that were handed over. */
  passed(config: ForwardConfig, entries: number): void
  /** Entries that wait because of it, each told once. */
  held(config: ForwardConfig, reason: string, entries: number): void
}

export interface Forwarding {
  view(lastEntry: number): AuditForwardView
  close(): Promise<void>
}

const stored = z.object({ sent: z.int().min(0), lost: z.int().min(0) })

/**
 * Hands a copy of every entry to one receiver, in order, from the file: after an outage or a restart it goes on where it was. Syslog confirms nothing, so
 * what was handed over last before a connection broke is handed over again; `n` in each message tells repeats.
 */
export function startForwarding(parts: ForwardParts): Forwarding {
  const { config, log } = parts
  const to = `${config.transport}://${config.host}:${config.port}`
  const forwarder = new Forwarder(parts, to)
  const running = forwarder
    .run()
    .catch((error: unknown) => log.error({ to, error: String(error) }, 'forwarding the audit log stopped; this is a bug'))
  return {
    view: (lastEntry) => forwarder.view(lastEntry),
    close: async () => {
      forwarder.stop()
      await running
    },
  }
}

class Forwarder {
  readonly #parts: ForwardParts
  readonly #to: string
  readonly #file: string
  readonly #stop = new AbortController()
  #sent = 0
  /** Where the last batch began, for the case that it was lost with its connection. */
  #before = 0
  #lost = 0
  /** The last entry that the policy held back, as far as that was told. */
  #heldTo = 0
  #problem: string | undefined

  constructor(parts: ForwardParts, to: string) {
    this.#parts = parts
    this.#to = to
    const name = createHash('sha256').update(`${to} ${parts.config.format}`).digest('hex').slice(0, 16)
    this.#file = `forwarded-${name}.json`
  }

  view(lastEntry: number): AuditForwardView {
    const { format } = this.#parts.config
    return {
      to: this.#to,
      format,
      sent: this.#sent,
      waiting: Math.max(0, lastEntry - this.#sent),
      lost: this.#lost,
      problem: this.#problem,
    }
  }

  stop(): void {
    this.#stop.abort()
  }

  async run(): Promise<void> {
    const { clock, random, log, config, open = openSending } = this.#parts
    const backOff = new BackOff(BACK_OFF_FIRST_MS, BACK_OFF_LIMIT_MS, random)
    await this.#restore()
    while (!this.#stop.signal.aborted) {
      let sending: Sending | undefined
      try {
        await this.#mustBePermitted()
        sending = await open(config)
        await this.#sendAll(sending, () => backOff.reset())
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        if (text !== this.#problem) log.warn({ to: this.#to, error: text }, 'the audit log cannot be forwarded; it is tried again')
        this.#problem = text
        this.#sent = this.#before
      } finally {
        sending?.close()
      }
      await clock.sleep(backOff.next(), this.#stop.signal)
    }
  }

  async #mustBePermitted(): Promise<void> {
    const { policy, config, after } = this.#parts
    const why = policy?.against(config)
    if (why === undefined) return
    const { entries } = await after(Math.max(this.#sent, this.#heldTo))
    this.#heldTo = entries.at(-1)?.n ?? this.#heldTo
    if (entries.length > 0) policy?.held(config, why, entries.length)
    throw new Error(why)
  }

  async #sendAll(sending: Sending, onSent: () => void): Promise<void> {
    const { config, sender, after, clock, policy } = this.#parts
    const format = config.format === 'cef' ? toCef : toSyslog
    let hasEnded = false
    void sending.ended.then(() => {
      hasEnded = true
    })
    while (!this.#stop.signal.aborted) {
      if (hasEnded) throw new Error('the receiver closed the connection')
      await this.#mustBePermitted()
      const { entries, first } = await after(this.#sent)
      if (first > this.#sent + 1 && entries.length > 0) this.#lost += first - this.#sent - 1
      for (let at = 0; at < entries.length; ) {
        const batch = fitting(entries.slice(at), (entry) => format(entry, sender))
        await sending.send(batch.messages)
        at += batch.messages.length
        policy?.passed(config, batch.messages.length)
        this.#before = this.#sent
        this.#sent = entries[at - 1]?.n ?? this.#sent
        this.#problem = undefined
        onSent()
      }
      if (entries.length > 0) await this.#save()
      else await clock.sleep(LOOK_MS, this.#stop.signal)
    }
  }

  async #restore(): Promise<void> {
    const { files, directory } = this.#parts
    if (!(await files.list(directory)).includes(this.#file)) return
    const file = await files.open(join(directory, this.#file), 'read')
    try {
      const bytes = new Uint8Array(AUDIT_LIMITS.headBytes)
      const got = await file.read(bytes, 0)
      const { sent, lost } = stored.parse(JSON.parse(Buffer.from(bytes.subarray(0, got)).toString('utf8')))
      this.#sent = this.#before = sent
      this.#lost = lost
    } catch {
      // Damaged: everything that is kept is handed over again, which is better than not at all.
    } finally {
      await file.close()
    }
  }

  async #save(): Promise<void> {
    const { files, directory } = this.#parts
    // A full disk costs repeats after a restart, nothing else.
    await replaceTextIn(files, directory, this.#file, `${JSON.stringify({ sent: this.#before, lost: this.#lost })}\n`).catch(
      () => undefined,
    )
  }
}

/** The first messages that go out together. */
function fitting(entries: readonly AuditEntry[], format: (entry: AuditEntry) => Buffer): { messages: Buffer[] } {
  const messages: Buffer[] = []
  let bytes = 0
  for (const entry of entries) {
    const message = format(entry)
    bytes += message.length
    if (messages.length > 0 && bytes > AUDIT_LIMITS.forwardBytes) break
    messages.push(message)
  }
  return { messages }
}
