import { admit, FUTURE, screen } from '../../../core/admit.ts'
import type { BatchBuilder } from '../../../core/batch.ts'
import type { ReasonSets } from '../../../core/reasons.ts'
import type { Micros } from '../../../core/time.ts'
import { MQTT_LIMITS } from '../limits.ts'
import { type PlainRun, readPlainRun } from './decode-plain.ts'
import { EdgeNode, type Member, NO_SLOT } from './edge-node.ts'
import { Field, Flag, Metric } from './metric.ts'
import { readProperties } from './properties.ts'
import { judge } from './quality.ts'
import { Kind } from './types.ts'
import { anyValue, plainNumber } from './value.ts'
import { Malformed, WireReader } from './wire.ts'

/** What a data message said besides its samples. */
export interface DataOutcome {
  /** -1 when the message has none. */
  seq: number
  /** Metrics nobody announced, or that belong to another member of the node. */
  unknown: number
  /** Metrics of a refused type. */
  refused: number
}

/**
 * Writes the metrics of NDATA and DDATA to columns. What is plain (an announced alias or name, a number or boolean, no flags, no properties) goes
 * straight from the bytes to the row; text, flags, quality, nulls, large integers and templates take the longer way through `admit`.
 * One instance per connection; it keeps nothing between messages.
 */
export class DataDecoder {
  readonly #reasons: ReasonSets
  readonly #reader = new WireReader()
  readonly #metric = new Metric()
  #node: EdgeNode = new EdgeNode('', '')
  #member: Member = this.#node.self
  #into: BatchBuilder | undefined
  #received: Micros = 0
  /** Time of metrics that have none of their own: the payload's, else the time of arrival. */
  #time: Micros = 0
  #birth = false
  /** Rows from here on are numbers that still have to be screened. */
  #unscreened = 0
  #first = 0
  readonly #run: PlainRun = { node: this.#node, owner: 0, time: 0, latest: 0 }
  readonly #outcome: DataOutcome = { seq: -1, unknown: 0, refused: 0 }

  constructor(reasons: ReasonSets) {
    this.#reasons = reasons
  }

  /**
   * Appends the message's samples. Throws Malformed; the caller takes back the rows. The outcome is valid until the next call.
   * In a birth a metric's name counts before its alias.
   */
  decode(bytes: Uint8Array, node: EdgeNode, member: Member, into: BatchBuilder, received: Micros, birth = false): DataOutcome {
    this.#node = node
    this.#member = member
    this.#into = into
    this.#received = received
    this.#birth = birth
    this.#outcome.seq = -1
    this.#outcome.unknown = 0
    this.#outcome.refused = 0
    this.#first = into.count
    this.#unscreened = into.count
    this.#reader.load(bytes)
    const timeMs = payloadTime(this.#reader)
    this.#time = timeMs < 0 ? received : timeMs * 1000
    this.#run.node = node
    this.#run.owner = member.index
    this.#run.time = this.#time
    this.#run.latest = received + FUTURE
    this.#payload(into)
    screen(into, this.#reasons, this.#unscreened, received)
    return this.#outcome
  }

  #payload(into: BatchBuilder): void {
    const reader = this.#reader
    const { end } = reader
    while (reader.pos < end) {
      this.#plain(into)
      if (reader.pos >= end) break
      const tag = reader.uint32()
      if (tag === 0x12) {
        const until = reader.span()
        this.#metric.read(reader, until)
        this.#place(into, until)
        if (into.count - this.#first > MQTT_LIMITS.messageSamples)
          throw new Malformed(`a message has more than ${MQTT_LIMITS.messageSamples} metrics`)
      } else if (tag === 0x18) this.#outcome.seq = reader.uint()
      else if (tag >>> 3 === 0) throw new Malformed('field number 0')
      else reader.skip(tag & 7)
    }
  }

  #plain(into: BatchBuilder): void {
    const before = into.count
    readPlainRun(this.#reader, into, this.#run)
    if (this.#unscreened === before) this.#unscreened = into.count
  }

  #place(into: BatchBuilder, until: number): void {
    const metric = this.#metric
    const node = this.#node
    const { alias } = metric
    let slot = NO_SLOT
    if (metric.wire === Field.template) slot = this.#flatten(metric, until)
    else if (alias >= 0 && (metric.nameFrom < 0 || !this.#birth))
      slot = alias < node.direct.length ? (node.direct[alias] as number) : node.high(alias)
    else slot = this.#member.names.get(metric.name(this.#reader) ?? '') ?? NO_SLOT
    if (slot < 0 || node.ownerOf[slot] !== this.#member.index) {
      if (slot !== FLATTENED) this.#outcome.unknown++
      return
    }
    const kind = node.kindOf[slot] as number
    if (metric.flags === 0 && metric.propertiesFrom < 0) {
      const value = plainNumber(metric, kind)
      if (value !== undefined) {
        into.push(node.signalOf[slot] as number, metric.timeMs >= 0 ? metric.timeMs * 1000 : this.#time, value, 0, 0)
        return
      }
    }
    this.#unusual(into, slot, kind)
    this.#reader.pos = until
  }

  /** A template's members are placed one by one, under `template/member`. */
  #flatten(metric: Metric, until: number): number {
    const named = metric.nameFrom < 0 ? this.#node.templates.get(metric.alias) : metric.name(this.#reader)
    if (named === undefined) return NO_SLOT
    this.#template(named, metric.from, metric.until, 1)
    this.#reader.pos = until
    return FLATTENED
  }

  #template(prefix: string, from: number, until: number, depth: number): void {
    if (depth > MQTT_LIMITS.templateDepth) throw new Malformed(`templates are nested deeper than ${MQTT_LIMITS.templateDepth}`)
    const into = this.#into as BatchBuilder
    const reader = this.#reader
    const metric = this.#metric
    const templateMs = metric.timeMs
    reader.pos = from
    while (reader.pos < until) {
      const tag = reader.uint32()
      if (tag !== 0x12) {
        reader.skip(tag & 7)
        continue
      }
      const end = reader.span()
      metric.read(reader, end)
      if (metric.timeMs < 0) metric.timeMs = templateMs
      const name = `${prefix}/${metric.name(reader) ?? ''}`
      if (metric.wire === Field.template) this.#template(name, metric.from, metric.until, depth + 1)
      else {
        const slot = this.#member.names.get(name) ?? NO_SLOT
        if (slot === NO_SLOT) this.#outcome.unknown++
        else this.#unusual(into, slot, this.#node.kindOf[slot] as number)
      }
      if (into.count - this.#first > MQTT_LIMITS.messageSamples)
        throw new Malformed(`a message has more than ${MQTT_LIMITS.messageSamples} metrics`)
      reader.pos = end
    }
    if (reader.pos !== until) throw new Malformed('a template is longer than it says')
  }

  #unusual(into: BatchBuilder, slot: number, kind: number): void {
    if (kind === Kind.Refused) {
      this.#outcome.refused++
      return
    }
    if (kind === Kind.Unwanted) return
    screen(into, this.#reasons, this.#unscreened, this.#received)
    const metric = this.#metric
    const time = metric.timeMs >= 0 ? metric.timeMs * 1000 : this.#time
    appendUnusual(into, this.#reasons, this.#reader, metric, {
      signal: this.#node.signalOf[slot] as number,
      kind,
      time,
      received: this.#received,
    })
    this.#unscreened = into.count
  }
}

/** Milliseconds of the payload's own time, -1 when it has none; leaves the reader where it was. Encoders write it first, but nothing says they must. */
export function payloadTime(reader: WireReader): number {
  const { pos, end } = reader
  let timeMs = -1
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 0x08) {
      timeMs = reader.uint()
      break
    }
    reader.skip(tag & 7)
  }
  reader.pos = pos
  return timeMs
}

const FLATTENED = -2

interface Place {
  readonly signal: number
  readonly kind: number
  readonly time: Micros
  readonly received: Micros
}

/** Appends one metric the careful way: flags, quality, null, text and integers beyond 2^53. */
export function appendUnusual(into: BatchBuilder, reasons: ReasonSets, reader: WireReader, metric: Metric, place: Place): void {
  const quality = judge(readProperties(reader, metric.propertiesFrom, metric.propertiesUntil).quality)
  const empty = (metric.flags & Flag.null) !== 0 || metric.wire === 0
  const value = empty ? null : anyValue(reader, metric, place.kind)
  const dataType = place.kind === Kind.Boolean ? 'boolean' : place.kind >= Kind.Text ? 'text' : 'number'
  // A field that does not fit the announced type reaches `admit` as a symbol of no type, and becomes BadTypeMismatch.
  const reading = { signal: place.signal, dataType, value: value === undefined ? MISFIT : value, status: quality.status } as const
  const row = admit(into, reasons, { ...reading, sourceTime: place.time }, place.received)
  const note = (reason: string) => {
    into.reasons[row] = reasons.with(into.reasons[row] as number, reason)
  }
  if (quality.reason) note(quality.reason)
  if (metric.flags & Flag.historical) note('historical')
  if (metric.flags & Flag.transient) note('transient')
}

const MISFIT = Symbol('a field of another type')
