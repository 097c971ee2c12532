import { createHash } from 'node:crypto'
import { WEBHOOK_LIMITS } from './limits.ts'

export interface Reply {
  readonly status: number
  readonly body: object
  /** What the request is counted under when it is turned away; default `request-STATUS`. */
  readonly reason?: string
}

interface Remembered {
  readonly body: string
  readonly untilMs: number
  readonly reply: Promise<Reply>
}

/**
 * Answers of requests that may come again: the same request gets the same answer, while the first is under way too. A name may stand for one body only.
 * What became of nothing (503) is forgotten, so that it can be tried again.
 */
export class Answers {
  readonly #byName = new Map<string, Remembered>()
  readonly #whenFull: 'keep' | 'forget'

  /** What becomes of the oldest when there is no room: it is kept, and the new one has none; or it is forgotten. */
  constructor(whenFull: 'keep' | 'forget') {
    this.#whenFull = whenFull
  }

  /** The answer a name had; `other` when it came with another body. */
  known(name: string, body: Buffer): Promise<Reply> | 'other' | undefined {
    const found = this.#byName.get(name)
    if (!found) return undefined
    return found.body === hash(body) ? found.reply : 'other'
  }

  /** False when there is no room: all that is remembered must still be. */
  remember(name: string, body: Buffer, reply: Promise<Reply>, { nowMs, keepMs }: { nowMs: number; keepMs: number }): boolean {
    if (!this.#makeRoom(nowMs)) return false
    const remembered = { body: hash(body), untilMs: nowMs + keepMs, reply }
    this.#byName.set(name, remembered)
    void reply.then(({ status }) => {
      if (status === 503 && this.#byName.get(name) === remembered) this.#byName.delete(name)
    })
    return true
  }

  #makeRoom(nowMs: number): boolean {
    // Names stand in the order in which they end.
    for (const [name, { untilMs }] of this.#byName) {
      const isNeeded = untilMs > nowMs && (this.#whenFull === 'keep' || this.#byName.size < WEBHOOK_LIMITS.answers)
      if (isNeeded) break
      this.#byName.delete(name)
    }
    return this.#byName.size < WEBHOOK_LIMITS.answers
  }
}

function hash(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64')
}
