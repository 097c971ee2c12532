import { NotConnected } from '../../core/errors.ts'
import { blockBytes } from '../../core/forwarded.ts'
import { type Channel, LinkRefused, type Peer, type Reception } from '../../core/link.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import type { Clock } from '../../core/time.ts'
import { decodeFrame, encodeFrame, type Frame } from './frames.ts'
import type { Line } from './intake.ts'
import { LINK_LIMITS } from './limits.ts'

export interface ServeParts {
  readonly reception: (line: Line) => Reception
  readonly clock: Clock
  /** Answers a node that asks for its next certificate. */
  readonly renew?: (request: string, peer: Peer) => Promise<unknown>
}

/** The receiving end of one channel, until it ends. Never rejects; what ends it is in `onRefused` of the intake, or was nobody's fault. */
export async function serveChannel(channel: Channel, parts: ServeParts): Promise<void> {
  const serving = new Serving(channel, parts)
  await serving.run()
}

class Serving {
  readonly #channel: Channel
  readonly #parts: ServeParts
  readonly #reception: Reception
  readonly #over = new AbortController()
  #lastHeardMs: number
  #pendingBytes = 0
  #room: (() => void) | undefined
  #heard: (() => void) | undefined
  #probes = 0

  constructor(channel: Channel, parts: ServeParts) {
    this.#channel = channel
    this.#parts = parts
    this.#lastHeardMs = parts.clock.monotonicMs()
    this.#reception = parts.reception({ probe: () => this.#probe(), end: (refusal) => void this.#refuse(refusal) })
  }

  async run(): Promise<void> {
    const { clock } = this.#parts
    void this.#watch()
    try {
      const first = await decodeFrame(await this.#channel.receive())
      if (first.type !== 'hello') throw new LinkRefused('malformed', `a ${first.type} where a hello was due`)
      this.#lastHeardMs = clock.monotonicMs()
      await this.#say({ type: 'welcome', welcome: await this.#reception.open(first.hello, this.#channel.peer) })
      while (!this.#over.signal.aborted) {
        const frame = await decodeFrame(await this.#channel.receive())
        this.#lastHeardMs = clock.monotonicMs()
        this.#heard?.()
        await this.#hear(frame)
      }
    } catch (error) {
      await this.#end(error)
    } finally {
      this.#over.abort()
      this.#reception.close()
      await this.#channel.close()
    }
  }

  async #hear(frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'records': {
        await this.#roomFor(frame.records)
        return
      }
      case 'show':
        return this.#reception.show(frame.stream, frame.batch, frame.upTo)
      case 'ping':
        return this.#say({ type: 'pong', id: frame.id, time: this.#parts.clock.now() })
      case 'pong':
        return
      case 'renew': {
        if (!this.#parts.renew) throw new LinkRefused('not-permitted', 'certificates are not issued here')
        return this.#say({ type: 'renewed', answer: await this.#parts.renew(frame.request, this.#channel.peer) })
      }
      default:
        throw new LinkRefused('malformed', `a ${frame.type} at the receiving end`)
    }
  }

  /** Hands records on without waiting for the disk, as long as not too much waits for it. */
  async #roomFor(records: readonly SpoolRecord[]): Promise<void> {
    const bytes = blockBytes(records)
    this.#pendingBytes += bytes
    void this.#reception
      .take(records)
      .then((position) => this.#say({ type: 'durable', position }))
      .catch((error: unknown) => this.#end(error))
      .finally(() => {
        this.#pendingBytes -= bytes
        this.#room?.()
      })
    while (this.#pendingBytes > LINK_LIMITS.pendingBytes && !this.#over.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#room = resolve
      })
    }
  }

  async #say(frame: Frame): Promise<void> {
    await this.#channel.send(await encodeFrame(frame))
  }

  async #refuse(refusal: LinkRefused): Promise<void> {
    if (this.#over.signal.aborted) return
    await this.#say({ type: 'refused', code: refusal.code, message: refusal.message }).catch(() => {})
    this.#over.abort()
    await this.#channel.close()
  }

  async #end(error: unknown): Promise<void> {
    if (error instanceof LinkRefused) return this.#refuse(error)
    this.#over.abort()
    await this.#channel.close(error instanceof NotConnected)
  }

  async #watch(): Promise<void> {
    const { clock } = this.#parts
    while (!this.#over.signal.aborted) {
      await clock.sleep(LINK_LIMITS.pingMs, this.#over.signal)
      if (this.#over.signal.aborted || clock.monotonicMs() - this.#lastHeardMs <= LINK_LIMITS.silenceMs) continue
      this.#over.abort()
      this.#room?.()
      await this.#channel.close(false)
    }
  }

  async #probe(): Promise<boolean> {
    if (this.#over.signal.aborted) return false
    const answered = new Promise<boolean>((resolve) => {
      this.#heard = () => resolve(true)
    })
    const late = new AbortController()
    const tooLate = this.#parts.clock.sleep(LINK_LIMITS.probeMs, late.signal).then(() => false)
    await this.#say({ type: 'ping', id: ++this.#probes }).catch(() => {})
    const isAlive = await Promise.race([answered, tooLate])
    late.abort()
    this.#heard = undefined
    return isAlive && !this.#over.signal.aborted
  }
}
