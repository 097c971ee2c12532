import { admit } from '../../core/admit.ts'
import type { BatchBuilder } from '../../core/batch.ts'
import { toDefinition } from '../../core/config-parts.ts'
import { fullId, type SourceContext } from '../../core/connector.ts'
import { isSignalId, toSegment } from '../../core/names.ts'
import type { SourceCounters } from '../../core/source.ts'
import { Status } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'
import { follow, type JsonPath, parsePath } from '../../lib/json-path.ts'
import type { PlainConfig, PlainSignal } from './config.ts'
import { MQTT_LIMITS } from './limits.ts'
import { parseText, parseTimestamp } from './plain-values.ts'

/** One signal of one topic. */
interface Target {
  readonly signal: number
  readonly declared: PlainSignal
  readonly path: JsonPath | undefined
  readonly timePath: JsonPath | undefined
}

interface Pattern {
  readonly declared: PlainSignal
  readonly levels: readonly string[]
}

export interface PlainParts {
  readonly config: PlainConfig
  readonly context: SourceContext
  readonly counters: SourceCounters
}

/** Numbers, text and JSON in topics of anybody's making. Never throws on what it is sent: a message that cannot be read makes its signals Bad. */
export class PlainTopics {
  readonly filters: readonly string[]
  readonly #parts: PlainParts
  readonly #exact = new Map<string, PlainSignal[]>()
  readonly #patterns: Pattern[] = []
  /** Signals of the topics seen so far; for exact topics from the start. */
  readonly #targets = new Map<string, readonly Target[]>()

  constructor(parts: PlainParts) {
    this.#parts = parts
    for (const declared of parts.config.signals) {
      if (declared.topic.includes('+')) this.#patterns.push({ declared, levels: declared.topic.split('/') })
      else this.#exact.set(declared.topic, [...(this.#exact.get(declared.topic) ?? []), declared])
    }
    for (const topic of this.#exact.keys()) this.#find(topic)
    this.filters = [...new Set(parts.config.signals.map(({ topic }) => topic))].filter(
      (topic, _i, all) => !all.some((other) => other !== topic && covers(other, topic)),
    )
  }

  handle(topic: string, payload: Buffer, retain: boolean, into: BatchBuilder, received: Micros): void {
    const targets = this.#find(topic)
    if (targets.length === 0) return
    const json = targets.some(({ path, timePath }) => path || timePath) ? this.#parse(topic, payload) : undefined
    let text: string | undefined
    for (const target of targets) {
      if ((target.path || target.timePath) && !json) {
        const reasons = this.#parts.context.reasons.of('undecodable')
        into.push(target.signal, received, Number.NaN, Status.BadDecodingError, reasons)
        continue
      }
      let value: unknown
      if (target.path) {
        value = follow(json?.value, target.path)
        if (value === undefined && target.declared.whenMissing === 'skip') continue
      } else value = parseText((text ??= payload.toString('utf8')), target.declared.dataType)
      this.#append(target, value, json?.value, retain, into, received)
    }
  }

  #append(
    { signal, declared, timePath }: Target,
    value: unknown,
    json: unknown,
    retain: boolean,
    into: BatchBuilder,
    received: Micros,
  ): void {
    const { reasons } = this.#parts.context
    const huge = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
    // A retained message without a time of its own may be of any age.
    const aged = retain && !timePath
    const status = huge ? Status.Uncertain : aged ? Status.UncertainLastUsableValue : Status.Good
    const reading = { signal, dataType: declared.dataType, value, status }
    const sourceTime = timePath && declared.timestamp ? parseTimestamp(follow(json, timePath), declared.timestamp.format) : undefined
    const row = admit(into, reasons, sourceTime === undefined ? reading : { ...reading, sourceTime }, received)
    if (huge) into.reasons[row] = reasons.with(into.reasons[row] as number, 'precision-lost')
    if (aged) into.reasons[row] = reasons.with(into.reasons[row] as number, 'retained')
  }

  #parse(topic: string, payload: Buffer): { value: unknown } | undefined {
    try {
      if (payload.length > MQTT_LIMITS.jsonBytes) throw new RangeError(`JSON longer than ${MQTT_LIMITS.jsonBytes} bytes`)
      return { value: JSON.parse(payload.toString('utf8')) }
    } catch (error) {
      this.#drop('undecodable', `${topic}: ${error instanceof RangeError ? error.message : 'not JSON'}`)
      return undefined
    }
  }

  #find(topic: string): readonly Target[] {
    const known = this.#targets.get(topic)
    if (known) return known
    const levels = topic.split('/')
    const targets: Target[] = []
    for (const declared of this.#exact.get(topic) ?? []) this.#add(targets, declared, topic, [])
    for (const { declared, levels: pattern } of this.#patterns) {
      if (pattern.length !== levels.length || !pattern.every((level, i) => level === '+' || level === levels[i])) continue
      this.#add(
        targets,
        declared,
        topic,
        levels.filter((_, i) => pattern[i] === '+'),
      )
    }
    if (this.#targets.size < MQTT_LIMITS.topics) this.#targets.set(topic, targets)
    else this.#drop('too-many-topics', `${topic}: more than ${MQTT_LIMITS.topics} topics`)
    return targets
  }

  #add(targets: Target[], declared: PlainSignal, topic: string, captures: readonly string[]): void {
    const { context, counters } = this.#parts
    const local = declared.id.replace(/\{(\d+)\}/g, (_, n: string) => toSegment(captures[Number(n) - 1] ?? ''))
    const id = fullId(context.site, local)
    const address = declared.jsonPath ? `${topic} ${declared.jsonPath}` : topic
    const index = context.signals.indexOf(id)
    const holder = index === undefined ? undefined : context.signals.at(index)
    if (!isSignalId(id)) counters.lastProblem = `${topic}: ${id} is no signal id`
    else if (holder && (holder.connection !== context.connection || holder.address !== address) && declared.topic.includes('+'))
      counters.lastProblem = `${topic}: its id ${id} belongs to ${holder.address} of ${holder.connection}`
    else
      try {
        const known = { id, connection: context.connection, address, dataType: declared.dataType }
        const own = toDefinition({ ...declared, id: local }, known)
        // Topics have no sequence numbers, and a broker that answers says nothing of who publishes.
        const definition = own.expectedPeriodUs === undefined ? { ...own, isUnpaced: true as const } : own
        const path = declared.jsonPath === undefined ? undefined : parsePath(declared.jsonPath)
        const timePath = declared.timestamp && parsePath(declared.timestamp.jsonPath)
        targets.push({ signal: context.signals.define(definition), declared, path, timePath })
      } catch (error) {
        counters.lastProblem = `${topic}: ${(error as Error).message}`
      }
  }

  #drop(reason: string, problem: string): void {
    const { counters } = this.#parts
    counters.dropped[reason] = (counters.dropped[reason] ?? 0) + 1
    counters.lastProblem = problem
  }
}

/** True when filter `a` brings all that `b` brings. */
function covers(a: string, b: string): boolean {
  const left = a.split('/')
  const right = b.split('/')
  return left.length === right.length && left.every((level, i) => level === '+' || level === right[i])
}
