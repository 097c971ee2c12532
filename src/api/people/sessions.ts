import type { Clock } from '../../core/time.ts'
import { API_LIMITS } from '../limits.ts'
import { freshId, freshSecret, hashOf } from './accounts.ts'

export interface SessionLimits {
  /** Milliseconds. */
  readonly idle: number
  readonly longest: number
  readonly perAccount: number
}

export interface Session {
  /** For lists; says nothing of the secret. */
  readonly id: string
  readonly account: string
  /** Wall clock, µs; the others are monotonic. */
  readonly beganTime: number
  usedTime: number
  readonly beganMs: number
  usedMs: number
  /** When a password, a second factor or the provider last said who it is. */
  freshMs: number
  readonly from: string
  readonly agent: string
  /** The second factor was shown, or nobody asks for one. */
  isWhole: boolean
}

/** Who is signed in. Secrets are kept as hashes, in memory only: a restart signs everybody out. */
export class Sessions {
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #sessions = new Map<string, Session>()

  constructor(clock: Clock, limits: SessionLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** A new session and its secret, for the cookie alone. A sign-in that waits for its second factor is one too, for a few minutes. */
  begin(account: string, { from, agent, isWhole }: Pick<Session, 'from' | 'agent' | 'isWhole'>): string {
    const own = [...this.#sessions].filter(([, session]) => session.account === account)
    // Maps keep the order of insertion: the oldest session makes room.
    for (const [key] of own.slice(0, Math.max(0, own.length + 1 - this.#limits.perAccount))) this.#sessions.delete(key)
    if (this.#sessions.size >= API_LIMITS.sessions) this.#sessions.delete(this.#sessions.keys().next().value as string)
    const secret = freshSecret()
    const [ms, time] = [this.#clock.monotonicMs(), this.#clock.now()]
    const times = { beganTime: time, usedTime: time, beganMs: ms, usedMs: ms, freshMs: ms }
    this.#sessions.set(hashOf(secret), { id: freshId(), account, from, agent: agent.slice(0, 200), isWhole, ...times })
    return secret
  }

  /** Undefined once it is over. `isUse`: somebody asks for something, instead of a stream that stays open. */
  find(secret: string, isUse: boolean): Session | undefined {
    const key = hashOf(secret)
    const session = this.#sessions.get(key)
    if (!session) return undefined
    if (this.#isOver(session)) {
      this.#sessions.delete(key)
      return undefined
    }
    if (isUse) {
      session.usedMs = this.#clock.monotonicMs()
      session.usedTime = this.#clock.now()
    }
    return session
  }

  #isOver({ usedMs, beganMs, isWhole }: Session): boolean {
    const now = this.#clock.monotonicMs()
    const longest = isWhole ? this.#limits.longest : Math.min(this.#limits.longest, API_LIMITS.secondFactorMs)
    return now - usedMs > this.#limits.idle || now - beganMs > longest
  }

  of(account: string): readonly Session[] {
    return [...this.#sessions.values()].filter((session) => session.account === account && !this.#isOver(session))
  }

  end(secret: string): void {
    this.#sessions.delete(hashOf(secret))
  }

  /** The second factor has just been set up in it. */
  becameWhole(session: Session): void {
    session.isWhole = true
  }

  /** Ends the sessions of an account, or one of them; says how many. */
  endOf(account: string, isMeant: (session: Session) => boolean = () => true): number {
    const found = [...this.#sessions].filter(([, session]) => session.account === account && isMeant(session))
    for (const [key] of found) this.#sessions.delete(key)
    return found.length
  }
}
