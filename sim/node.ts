import type { LoadedConfig } from '../src/config/index.ts'
import { noAudit } from '../src/core/audit.ts'
import type { SampleBatch } from '../src/core/batch.ts'
import { encodeBatch } from '../src/core/batch-codec.ts'
import { LastValues } from '../src/core/last-values.ts'
import type { Logger } from '../src/core/log.ts'
import { ReasonSets } from '../src/core/reasons.ts'
import { SignalTable } from '../src/core/signals.ts'
import type { Spool, SpoolRecord } from '../src/core/spool.ts'
import type { Clock } from '../src/core/time.ts'
import { openSpool } from '../src/gateway/index.ts'
import { Feeder } from '../src/run/feeder.ts'
import { type Gateway, openGateway } from '../src/run/gateway.ts'
import { HealthRecord } from '../src/run/health.ts'
import { Lane } from '../src/run/lane.ts'
import { noHistorian } from '../src/run/no-historian.ts'
import { Remotes } from '../src/run/remotes.ts'
import { resume } from '../src/run/resume.ts'
import { LINK_CONSUMER } from '../src/run/uplink-parts.ts'
import { clockOf, type Life, type Scheduler, type WallClock } from './clock.ts'
import { Disk, type Snapshot } from './disk.ts'
import { SimHistorian } from './historian.ts'
import type { Journal } from './journal.ts'
import type { Network } from './network.ts'
import { chance, exponential, type Random, seeded, whole } from './random.ts'

export interface NodeSettings {
  readonly name: string
  readonly role: 'edge' | 'relay' | 'hub'
  /** The next node. */
  readonly to: string | undefined
  readonly maxBytes: number
  readonly segmentBytes: number
  readonly maxAgeMs: number
  readonly overflow: 'block' | 'drop-oldest'
  /** Between batches of an edge's device, on average. */
  readonly periodMs: number
  /** Batches that come at once, now and then. */
  readonly burst: number
}

export interface NodeParts {
  readonly seed: number
  readonly scheduler: Scheduler
  readonly network: Network
  readonly journals: ReadonlyMap<string, Journal>
  readonly onViolation: (message: string) => void
  readonly onLog: (level: string, node: string, fields: object, message: string) => void
}

interface Running {
  readonly spool: Spool
  readonly gateway: Gateway
  readonly feeder: Feeder
  readonly lane: Lane
  readonly health: HealthRecord
  readonly remotes: Remotes
  readonly stop: AbortController
  readonly work: Promise<unknown>[]
}

const LINK_SILENCE = { uncertainAfter: 10_000, badAfter: 60_000 }
const COMMIT = { commitRows: 50_000, commitIntervalMs: 1_000 }
const CLOSE_MS = 10_000
const LINK_DRAIN_MS = 2_000

/** A machine with the program of one node on it: the product's own parts, wired as `src/run/node.ts` wires them. */
export class SimNode {
  readonly settings: NodeSettings
  readonly disk: Disk
  readonly historian: SimHistorian
  readonly wall: WallClock = { offsetUs: 0 }
  phase: 'down' | 'starting' | 'up' | 'stopping' = 'down'
  starts = 0
  /** The last record that any of its programs had on the disk; 0 before there is a log. */
  reached = 0
  isProducing = true
  readonly #parts: NodeParts
  readonly #random: Random
  #life: Life = { isOver: true }
  #running: Running | undefined

  constructor(settings: NodeSettings, parts: NodeParts) {
    const { name } = settings
    const { seed, scheduler, journals } = parts
    const onViolation = (message: string) => parts.onViolation(`${name}: ${message}`)
    this.settings = settings
    this.#parts = parts
    this.#random = seeded(seed, `${name} program`)
    this.disk = new Disk(scheduler, seeded(seed, `${name} disk`), onViolation)
    this.historian = new SimHistorian({
      ...{ scheduler, random: seeded(seed, `${name} historian`), owner: name, onViolation: parts.onViolation },
      produced: (node) => journals.get(node)?.produced ?? 0,
    })
  }

  get running(): Running | undefined {
    return this.#running
  }

  /** Rejects where the program would end with an error. Never settles when it is crashed meanwhile. */
  async start(): Promise<void> {
    this.phase = 'starting'
    this.starts++
    const life: Life = (this.#life = { isOver: false })
    try {
      this.#running = await this.#open(life)
      this.phase = 'up'
    } catch (error) {
      life.isOver = true
      this.#parts.network.drop(life, true)
      this.phase = 'down'
      throw error
    }
  }

  /** In order, as when the service is stopped. */
  async stop(): Promise<void> {
    const running = this.#running
    if (!running || this.phase !== 'up') return
    this.phase = 'stopping'
    const life = this.#life
    running.stop.abort()
    await running.lane.close(CLOSE_MS)
    await Promise.all([...running.work, running.gateway.close(LINK_DRAIN_MS)])
    await running.feeder.close(CLOSE_MS)
    await running.spool.close()
    this.#noteReached()
    life.isOver = true
    this.#running = undefined
    this.phase = 'down'
  }

  /** `kill`: the program alone ends. `power`: the machine. */
  crash(kind: 'kill' | 'power'): void {
    if (this.phase === 'down') return
    this.#noteReached()
    this.#life.isOver = true
    this.#running = undefined
    this.phase = 'down'
    this.disk.crash(kind)
    this.historian.crash()
    this.#parts.network.drop(this.#life, kind === 'kill')
  }

  snapshot(): { readonly files: Snapshot; readonly historian: number } {
    return { files: this.disk.snapshot(), historian: this.historian.snapshot() }
  }

  restore({ files, historian }: { readonly files: Snapshot; readonly historian: number }): void {
    this.disk.restore(files)
    if (![...files.keys()].some((path) => path.endsWith('.seg'))) this.reached = 0
    this.historian.restore(historian)
  }

  #noteReached(): void {
    this.reached = Math.max(this.reached, this.#running?.spool.stats().lastSequence ?? 0)
  }

  async #open(life: Life): Promise<Running> {
    const { name, role, to, maxBytes, segmentBytes, maxAgeMs, overflow } = this.settings
    const { scheduler, network } = this.#parts
    const random = this.#random
    const clock = clockOf(scheduler, this.wall, life)
    const log = this.#log()
    const [signals, reasons, last] = [new SignalTable(), new ReasonSets(), new LastValues()]
    const { spool, lastRecordedTime } = await openSpool({
      ...{ directory: '/spool', node: name, clock, signals, reasons, log, random, maxBytes, segmentBytes, maxAgeMs, overflow },
      config: { version: 'sim', loadedTime: clock.now() },
      consumers: [...(role === 'relay' ? [] : ['historian']), ...(to ? [LINK_CONSUMER] : [])],
      files: this.disk.files(life),
      newSalt: () => Math.floor(random() * 2 ** 32),
      lock: async () => async () => {},
    })
    const historian = role === 'relay' ? noHistorian() : this.historian.open(life)
    const remotes = new Remotes({ signals, reasons, last, clock, silence: LINK_SILENCE, publish: () => {} })
    remotes.restore(await historian.writers(), name)
    const from = await resume({ historian, spool, lastRecordedTime, signals, reasons, last, clock, random, remotes })
    const feeder = new Feeder({ spool, historian, from, clock, random, log, ...COMMIT })
    const gateway = await openGateway({
      ...{ clock, log, random, version: 'sim', spool, last, remotes, signalCount: () => signals.size },
      instance: `${name}-${this.starts}`,
      audit: noAudit,
      onRestart: () => this.#parts.onViolation(`${name}: begins a new epoch`),
      loaded: { config: { node: { role } } } as LoadedConfig,
      transport: network.transport(name, to, role !== 'edge', life, role === 'relay'),
    })
    const stop = new AbortController()
    const health = new HealthRecord({ name: 'device', kind: 'sim', endpoint: '' }, clock)
    const onStored = (batch: SampleBatch) => last.update(batch, signals.size)
    const append = (batch: SampleBatch) => this.#append(spool, batch)
    const lane = new Lane({ spool: { append, appendContent: (content) => spool.appendContent(content) }, health, clock, random, onStored })
    const work = role === 'edge' ? [] : [ticking(clock, remotes, stop.signal)]
    const journal = this.#parts.journals.get(name)
    if (journal) work.push(this.#produce(journal, lane, clock, { signals, reasons }, stop.signal))
    return { spool, gateway, feeder, lane, health, remotes, stop, work }
  }

  /** What is acknowledged was durable before. */
  async #append(spool: Spool, batch: SampleBatch): Promise<SpoolRecord> {
    const record = await spool.append(batch)
    if (!this.disk.isDurable(encodeBatch(batch)))
      this.#parts.onViolation(`${this.settings.name}: record ${record.sequence} is acknowledged and not on the disk`)
    this.#places.set(batch, record)
    return record
  }

  readonly #places = new WeakMap<SampleBatch, SpoolRecord>()

  async #produce(
    journal: Journal,
    lane: Lane,
    clock: Clock,
    { signals, reasons }: { signals: SignalTable; reasons: ReasonSets },
    stop: AbortSignal,
  ): Promise<void> {
    const random = seeded(this.#parts.seed, `${this.settings.name} device ${this.starts}`)
    const { periodMs, burst } = this.settings
    while (!stop.aborted) {
      await clock.sleep(exponential(random, periodMs), stop)
      if (stop.aborted || !this.isProducing) continue
      for (let left = chance(random, 0.01) ? burst : 1; left > 0; left--) {
        const { batch, numbers } = journal.next(whole(random, 1, 5), clock.now(), signals, reasons)
        const ack = () => {
          const { epoch, sequence } = this.#places.get(batch) as SpoolRecord
          for (const number of numbers) journal.acknowledged.set(number, { epoch, sequence })
        }
        await lane.put({ batch, ack })
      }
    }
  }

  #log(): Logger {
    const { onLog } = this.#parts
    const { name } = this.settings
    const at = (level: string) => (fields: object, message: string) => onLog(level, name, fields, message)
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }
}

async function ticking(clock: Clock, remotes: Remotes, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(remotes.tickMs, stop)
    if (!stop.aborted) remotes.tick()
  }
}
