import { screen } from '../../core/admit.ts'
import { BatchBuilder } from '../../core/batch.ts'
import { toDefinition } from '../../core/config-parts.ts'
import { fullId, type SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import type { Delivery, Source, SourceCounters } from '../../core/source.ts'
import type { ModbusConfig, ModbusSignal } from './config.ts'
import { typeOf } from './config.ts'
import { dataTypeOf, decode, decoderOf } from './decode.ts'
import { INCOMPLETE, isSplittable, isUnitAway, MALFORMED, ofException, type Refusal, SILENT } from './exceptions.ts'
import { type Answer, ModbusLine } from './line.ts'
import { type Block, halve, limitsOf, plan, planAll, type Wanted } from './plan.ts'
import { Schedule } from './schedule.ts'
import { Units } from './units.ts'

/** A refused signal is asked again after this long: somebody may have changed the device. */
const REFUSED_RETRY_MS = 60_000
/** Requests that the search for refused addresses may add to one poll; it goes on in the next. */
const SPLITS_PER_POLL = 64
/** Time-outs without any answer between them after which the connection is taken for dead. */
const SILENT_IN_A_ROW = 3
/** Samples are handed over at least this often while a long poll goes on. */
const HAND_OVER_MS = 250

interface Group {
  readonly schedule: Schedule
  blocks: Block[]
}

/** Requests of the poll under way. */
/** Polls were missed: counted, and said of the reading that came after them. */
const OVERRUN = 'poll-overrun'

interface Work {
  readonly group: Group
  readonly block: Block
  /** Polls before this one were missed. */
  readonly isAfterMissed: boolean
}

/** Polls one device or gateway; see README.md for what each failure does to the samples. */
export class ModbusSource implements Source {
  readonly counters: SourceCounters = { dropped: {} }
  readonly #config: ModbusConfig
  readonly #context: SourceContext
  readonly #line: ModbusLine
  readonly #groups: Group[]
  readonly #units = new Units()
  readonly #scratch = Buffer.alloc(8)
  #work: Work[] = []
  #splits = 0
  #silent = 0
  #lost: NotConnected | undefined
  #closed = new AbortController()

  constructor(config: ModbusConfig, context: SourceContext) {
    this.#config = config
    this.#context = context
    this.#line = new ModbusLine({ ...config, clock: context.clock, onExchange: context.onExchange })
    const wanted = config.signals.map((signal) => define(signal, config, context))
    const now = context.clock.monotonicMs()
    this.#groups = [...planAll(config, wanted)].map(([period, blocks]) => ({ schedule: new Schedule(period, now), blocks }))
  }

  async connect(stop: AbortSignal): Promise<void> {
    this.#reset()
    await this.#line.open(stop)
    const now = this.#context.clock.monotonicMs()
    this.#groups.forEach((group) => {
      group.schedule.startAt(now)
    })
  }

  nextReadMs(): number {
    if (this.#work.length > 0 || this.#lost) return this.#context.clock.monotonicMs()
    return Math.min(...this.#groups.map((group) => group.schedule.dueMs))
  }

  async read(stop: AbortSignal): Promise<Delivery> {
    const { clock } = this.#context
    if (this.#lost) throw this.#lost
    if (this.#work.length === 0) await this.#nextPoll(stop)
    if (this.#lost) throw this.#lost
    const into = new BatchBuilder(this.#work.reduce((sum, { block }) => sum + block.items.length, 0))
    const started = clock.monotonicMs()
    try {
      for (let work = this.#work.pop(); work; work = this.#work.pop()) {
        await this.#readBlock(work, into, stop)
        if (into.count > 0 && clock.monotonicMs() - started >= HAND_OVER_MS) break
      }
    } catch (error) {
      if (!(error instanceof NotConnected) || into.count === 0) throw error
      this.#lost = error
    }
    return { batch: into.build(clock.now()) }
  }

  async close(): Promise<void> {
    this.#line.close()
    this.#lost = new NotConnected('the connection was closed')
    this.#work = []
    this.#closed.abort()
  }

  #reset(): void {
    this.#closed = new AbortController()
    this.#work = []
    this.#silent = 0
    this.#lost = undefined
    this.#units.clear()
  }

  /** Waits until a period is due and queues its requests, those of units that are away last. */
  async #nextPoll(stop: AbortSignal): Promise<void> {
    const { clock } = this.#context
    const wait = this.nextReadMs() - clock.monotonicMs()
    if (wait > 0) await clock.sleep(wait, AbortSignal.any([stop, this.#closed.signal]))
    if (this.#lost) return
    stop.throwIfAborted()
    const now = clock.monotonicMs()
    const present: Work[] = []
    const away: Work[] = []
    for (const group of this.#groups) {
      if (group.schedule.dueMs > now) continue
      const missed = group.schedule.take(now)
      if (missed > 0) this.#countOverrun(group, missed)
      for (const block of group.blocks) {
        const work = { group, block, isAfterMissed: missed > 0 }
        if (this.#units.isAway(block.unitId)) away.push(work)
        else present.push(work)
      }
    }
    this.#work = present.concat(away).reverse()
    this.#splits = 0
  }

  #countOverrun(group: Group, missed: number): void {
    const samples = group.blocks.reduce((sum, block) => sum + block.items.length, 0) * missed
    this.counters.dropped[OVERRUN] = (this.counters.dropped[OVERRUN] ?? 0) + samples
    this.#problem(`${missed} polls of ${group.schedule.periodMs} ms missed: the device needs longer than the period to answer`)
  }

  async #readBlock(work: Work, into: BatchBuilder, stop: AbortSignal): Promise<void> {
    const { block } = work
    const now = this.#context.clock.monotonicMs()
    const known =
      this.#units.resting(block.unitId, now) ?? (block.refused && now < block.refused.retryMs ? block.refused.refusal : undefined)
    if (known) {
      this.#fill(block, into, known)
      return
    }
    const answer = await this.#line.request(block, stop)
    if (this.#line.latencyMs !== undefined) this.counters.latencyMs = this.#line.latencyMs
    const gone = unreachable(answer)
    if (gone) {
      this.#unitLost(block, gone, into)
      return
    }
    this.#silent = 0
    this.#units.answered(block.unitId)
    this.#take(work, answer, into)
  }

  #take(work: Work, answer: Answer, into: BatchBuilder): void {
    const { block } = work
    if (answer.kind === 'data') {
      this.#decode(work, answer.data, into)
      if (block.refused) this.#rejoin(work)
    } else if (answer.kind === 'exception') {
      const refusal = ofException(answer.code)
      this.#problem(`${where(block)}: ${refusal.reason}`)
      if (isSplittable(answer.code)) this.#divide(work, refusal, into)
      else this.#fill(block, into, refusal)
    } else if (answer.kind === 'malformed') {
      this.#problem(`${where(block)}: ${answer.detail}`)
      this.#fill(block, into, MALFORMED)
    }
  }

  /** The device refuses an address in this block: ask for its halves, until the refused signals stand alone. The division is kept. */
  #divide({ group, block, isAfterMissed }: Work, refusal: Refusal, into: BatchBuilder): void {
    const halves = halve(block)
    if (halves && this.#splits < SPLITS_PER_POLL) {
      this.#splits++
      const at = group.blocks.indexOf(block)
      if (at >= 0) group.blocks.splice(at, 1, ...halves)
      this.#work.push({ group, block: halves[1], isAfterMissed }, { group, block: halves[0], isAfterMissed })
      return
    }
    if (!halves) block.refused = { refusal, retryMs: this.#context.clock.monotonicMs() + REFUSED_RETRY_MS }
    this.#fill(block, into, refusal)
  }

  /** A refused signal answers again: somebody changed the device, so its table is planned afresh. */
  #rejoin({ group, block }: Work): void {
    const { unitId, table } = block
    const same = (other: Block) => other.unitId === unitId && other.table === table
    const items = group.blocks.filter(same).flatMap((other) => other.items)
    group.blocks = group.blocks.filter((other) => !same(other)).concat(plan(unitId, table, items, limitsOf(this.#config, table)))
  }

  #unitLost(block: Block, refusal: Refusal, into: BatchBuilder): void {
    const { clock } = this.#context
    const now = clock.monotonicMs()
    this.#units.lost(block.unitId, refusal, now, this.#nextDueMs(now), this.#config.timeout)
    this.#problem(`${where(block)}: ${refusal.reason}`)
    this.#fill(block, into, refusal)
    if (refusal !== SILENT && refusal !== INCOMPLETE) {
      this.#silent = 0
      return
    }
    const someoneThere = this.#groups.some((group) => group.blocks.some(({ unitId }) => !this.#units.isAway(unitId)))
    if (++this.#silent < SILENT_IN_A_ROW || someoneThere) return
    const { host, port, timeout } = this.#config
    this.#lost = new NotConnected(`${host}:${port} has not answered ${SILENT_IN_A_ROW} requests in a row within ${timeout} ms each`, {
      fault: fault('requests-unanswered', { peer: `${host}:${port}`, count: SILENT_IN_A_ROW, ms: timeout }),
      hint: 'Is the unit id right? Behind a gateway: is the device on, and is `timeout` longer than the gateway waits for it?',
    })
  }

  /** First due time that is still to come: a unit that is away is not asked again within the poll under way. */
  #nextDueMs(now: number): number {
    return Math.min(...this.#groups.map(({ schedule }) => Math.max(schedule.dueMs, now + 1)))
  }

  #decode({ block, isAfterMissed }: Work, data: Buffer, into: BatchBuilder): void {
    const { clock, reasons } = this.#context
    const time = clock.now()
    const target = { into, reasons, data, time, scratch: this.#scratch }
    const from = into.count
    const texts = block.items.filter((item) => item.decoder.type === 'text')
    for (const item of block.items)
      if (item.decoder.type !== 'text') decode(target, item.decoder, item.signal, item.address - block.address)
    screen(into, reasons, from, time)
    for (const item of texts) decode(target, item.decoder, item.signal, item.address - block.address)
    // The reading is what it is; before it some are missing.
    if (isAfterMissed) for (let row = from; row < into.count; row++) into.reasons[row] = reasons.with(into.reasons[row] as number, OVERRUN)
  }

  #fill(block: Block, into: BatchBuilder, refusal: Refusal): void {
    const time = this.#context.clock.now()
    const set = this.#context.reasons.of(refusal.reason)
    for (const item of block.items) into.push(item.signal, time, Number.NaN, refusal.status, set)
  }

  #problem(message: string): void {
    this.counters.lastProblem = message
  }
}

/** Why the whole unit cannot be reached, if that is what the answer says. */
function unreachable(answer: Answer): Refusal | undefined {
  if (answer.kind === 'silent') return answer.received > 0 ? INCOMPLETE : SILENT
  return answer.kind === 'exception' && isUnitAway(answer.code) ? ofException(answer.code) : undefined
}

function where(block: Block): string {
  return `unit ${block.unitId} ${block.table} ${block.address}..${block.address + block.count - 1}`
}

/** The address as shown to people: `unit 1 holding-register 40 float32`. */
export function addressText(signal: ModbusSignal, config: Pick<ModbusConfig, 'unitId'>): string {
  const part = signal.bit !== undefined ? ` bit ${signal.bit}` : signal.bits ? ` bits ${signal.bits.join('+')}` : ''
  return `unit ${signal.unitId ?? config.unitId} ${signal.table} ${signal.address} ${typeOf(signal)}${part}`
}

function define(signal: ModbusSignal, config: ModbusConfig, context: SourceContext): Wanted {
  const index = context.signals.define(
    toDefinition(signal, {
      id: fullId(context.site, signal.id),
      connection: context.connection,
      address: addressText(signal, config),
      dataType: dataTypeOf(typeOf(signal)),
    }),
  )
  return { index, config: signal, decoder: decoderOf(signal, config) }
}
