import { MQTT_LIMITS } from '../limits.ts'
import { encodePayload } from './encode.ts'
import { NAMESPACE, SparkplugType } from './types.ts'

export interface RebirthParts {
  /** Publishes with QoS 0, not retained. tck-id-topics-ncmd-mqtt */
  readonly publish: (topic: string, payload: Uint8Array) => void
  /** Wall clock, milliseconds. */
  readonly wallMs: () => number
  readonly intervalMs: number
  readonly timeoutMs: number
}

interface Request {
  readonly group: string
  readonly node: string
  /** Monotonic milliseconds of the last request sent; -Infinity before the first. */
  sentMs: number
  /** To be sent when the interval allows. */
  wanted: boolean
  /** Sent, and no birth has come since. */
  waiting: boolean
}

/**
 * Asks edge nodes for their births again: at most once per interval and node, at most `MQTT_LIMITS.rebirthsPerSecond` over all, so that a broker
 * that comes back with a thousand nodes is not flooded with births. Says which nodes did not answer in time.
 */
export class Rebirths {
  readonly #parts: RebirthParts
  readonly #requests = new Map<string, Request>()
  #allowance = 1
  #refilledMs = Number.NEGATIVE_INFINITY

  constructor(parts: RebirthParts) {
    this.#parts = parts
  }

  ask(group: string, node: string): void {
    const key = `${group}/${node}`
    const request = this.#requests.get(key)
    if (request) request.wanted = true
    else this.#requests.set(key, { group, node, sentMs: Number.NEGATIVE_INFINITY, wanted: true, waiting: false })
  }

  /** The node was born. */
  answered(group: string, node: string): void {
    const request = this.#requests.get(`${group}/${node}`)
    if (!request) return
    request.wanted = false
    request.waiting = false
  }

  /** After a new connection, what was asked over the old one no longer counts. */
  reset(): void {
    this.#requests.clear()
  }

  /** Sends what is due and returns the nodes that did not answer in time, each once per request. */
  tick(nowMs: number): { group: string; node: string }[] {
    const { intervalMs, timeoutMs } = this.#parts
    const silent: { group: string; node: string }[] = []
    const earned = ((nowMs - this.#refilledMs) / 1000) * MQTT_LIMITS.rebirthsPerSecond
    this.#allowance = Math.min(MQTT_LIMITS.rebirthsPerSecond, this.#allowance + Math.max(0, earned))
    this.#refilledMs = nowMs
    for (const [key, request] of this.#requests) {
      if (request.waiting && nowMs - request.sentMs >= timeoutMs) {
        request.waiting = false
        silent.push({ group: request.group, node: request.node })
      }
      if (request.wanted && this.#allowance >= 1 && nowMs - request.sentMs >= intervalMs) {
        this.#allowance--
        request.wanted = false
        request.waiting = true
        request.sentMs = nowMs
        this.#send(request)
      } else if (!request.wanted && !request.waiting && nowMs - request.sentMs >= intervalMs) this.#requests.delete(key)
    }
    return silent
  }

  #send({ group, node }: Request): void {
    const timeMs = this.#parts.wallMs()
    // tck-id-operational-behavior-data-commands-rebirth-name, -datatype and -value
    const metric = { name: 'Node Control/Rebirth', type: SparkplugType.Boolean, value: true, timeMs }
    this.#parts.publish(`${NAMESPACE}/${group}/NCMD/${node}`, encodePayload({ timeMs, metrics: [metric] }))
  }
}
