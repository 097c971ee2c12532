import './one-thread.ts'
import { Scheduler } from './clock.ts'
import { Faults } from './faults.ts'
import { Journal } from './journal.ts'
import { Network } from './network.ts'
import { type NodeSettings, SimNode } from './node.ts'
import { chance, logarithmic, pick, type Random, seeded, whole } from './random.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const RESTART_MS = 5_000
const LOOK_MS = 10_000
/** After the last fault, everything acknowledged is at the hub within this time. */
const SETTLE_MS = 4 * HOUR_MS
const QUEUED_LIMIT_BYTES = 256 * 1024
/** Refusals that honest nodes never meet. */
const NEVER_REFUSED = ['malformed', 'chain-broken', 'out-of-order', 'too-large', 'not-permitted', 'epoch-superseded', 'forked']

export interface RunOptions {
  readonly seed: number
  /** Simulated hours with faults. */
  readonly hours: number
  /** Told of faults and of what the nodes log. */
  readonly onEvent?: (hours: number, text: string) => void
}

export interface RunResult {
  readonly seed: number
  /** Simulated hours, the settling included. */
  readonly hours: number
  readonly steps: number
  /** Over all that happened. */
  readonly hash: number
  readonly acknowledged: number
  readonly stored: number
  /** Acknowledged, gone, and declared by a gap. */
  readonly declared: number
  readonly faults: Readonly<Record<string, number>>
  readonly topology: string
  readonly violations: readonly string[]
}

/** One run: edges, perhaps a relay, and a hub; faults for so many hours, then none, and then everything must be where it belongs. */
export async function simulate(options: RunOptions): Promise<RunResult> {
  const world = new World(options)
  return world.run()
}

class World {
  readonly #options: RunOptions
  readonly #scheduler = new Scheduler()
  readonly #network: Network
  readonly #journals = new Map<string, Journal>()
  readonly #nodes: SimNode[]
  readonly #faults: Faults
  readonly #violations: string[] = []
  readonly #epochs = new Map<string, number>()
  #isHealing = false

  constructor(options: RunOptions) {
    const { seed } = options
    this.#options = options
    this.#network = new Network(this.#scheduler, seeded(seed, 'network'))
    const random = seeded(seed, 'world')
    const settings = topology(random)
    for (const { role, name, to } of settings) {
      if (role === 'edge') this.#journals.set(name, new Journal(name))
      if (to) this.#network.path(name, to)
    }
    const parts = {
      ...{ seed, scheduler: this.#scheduler, network: this.#network, journals: this.#journals },
      onViolation: (message: string) => this.#violated(message),
      onLog: (level: string, node: string, fields: object, message: string) => this.#heard(level, node, fields, message),
    }
    this.#nodes = settings.map((one) => new SimNode(one, parts))
    this.#faults = new Faults({
      ...{ scheduler: this.#scheduler, network: this.#network, nodes: this.#nodes, random: seeded(seed, 'faults') },
      everyMs: logarithmic(random, 60_000, HOUR_MS),
      start: (node) => this.#start(node),
      onFault: (what) => this.#say(`FAULT ${what}`),
    })
  }

  async run(): Promise<RunResult> {
    const { seed, hours } = this.#options
    const onRejection = (error: unknown) => this.#violated(`a promise was rejected and nobody looked: ${(error as Error)?.stack ?? error}`)
    process.on('unhandledRejection', onRejection)
    try {
      // In an event, so that all that follows at once is done before time goes on.
      this.#scheduler.after(0, undefined, () => {
        for (const node of this.#nodes) this.#start(node)
      })
      await this.#until(hours * HOUR_MS, () => false)
      await this.#settle()
    } finally {
      process.off('unhandledRejection', onRejection)
    }
    const { stored, declared } = this.#count()
    return {
      ...{ seed, stored, declared, violations: this.#violations, faults: this.#faults.excuses.counts },
      hours: this.#scheduler.nowMs / HOUR_MS,
      steps: this.#scheduler.steps,
      hash: this.#scheduler.hash,
      acknowledged: [...this.#journals.values()].reduce((sum, { acknowledged }) => sum + acknowledged.size, 0),
      topology: this.#nodes.map(({ settings: { name, overflow, maxBytes } }) => `${name} ${overflow} ${maxBytes}`).join(', '),
    }
  }

  async #until(ms: number, isDone: () => boolean): Promise<boolean> {
    let lookMs = this.#scheduler.nowMs
    while (this.#violations.length === 0 && (await this.#scheduler.step(ms))) {
      if (this.#scheduler.nowMs < lookMs) continue
      lookMs = this.#scheduler.nowMs + LOOK_MS
      if (this.#network.maxOutstanding > QUEUED_LIMIT_BYTES + 4 * 1024 * 1024)
        this.#violated(`${this.#network.maxOutstanding} bytes wait on one line`)
      if (isDone()) return true
    }
    return isDone()
  }

  /** No more faults: every node runs, and everything arrives. */
  async #settle(): Promise<void> {
    if (this.#violations.length > 0) return
    this.#isHealing = true
    this.#say('no more faults')
    this.#faults.stop()
    for (const node of this.#nodes) {
      node.isProducing = false
      if (node.phase === 'down') this.#start(node)
    }
    const isSettled = await this.#until(this.#scheduler.nowMs + SETTLE_MS, () => this.#isSettled())
    if (this.#violations.length > 0) return
    if (!isSettled) this.#violated(`not everything has arrived ${SETTLE_MS / HOUR_MS} h after the last fault: ${this.#standing()}`)
    else this.#compare()
  }

  #isSettled(): boolean {
    const hub = this.#nodes.at(-1) as SimNode
    return this.#nodes.every((node) => {
      const { running, settings } = node
      if (!running || node.phase !== 'up' || running.feeder.lag > 0) return false
      if (settings.role !== 'edge') return true
      if (running.health.pending > 0) return false
      const { lastSequence } = running.spool.stats()
      return hub.historian.sequenceOf(settings.name, running.spool.epoch) === lastSequence
    })
  }

  #standing(): string {
    const hub = this.#nodes.at(-1) as SimNode
    return this.#nodes
      .map(({ settings, phase, running }) => {
        const uplink = running?.gateway.uplink?.view()
        const there = running && hub.historian.sequenceOf(settings.name, running.spool.epoch)
        const { lastSequence, problem } = running?.spool.stats() ?? {}
        return `${settings.name} ${phase}, log ${lastSequence} (${problem ?? 'well'}), at the hub ${there}, pending ${running?.health.pending}, uplink ${uplink?.state} ${uplink?.confirmedSequence} ${uplink?.problem?.message ?? ''}`
      })
      .join('; ')
  }

  /** The journal of each device against what is stored. */
  #compare(): void {
    const { rotten, restored } = this.#faults.excuses
    for (const { node, cause, text } of this.#missing()) {
      const { overflow } = (this.#nodes.find(({ settings }) => settings.name === node) as SimNode).settings
      const mayDrop = this.#nodes.some(({ settings }) => settings.overflow === 'drop-oldest') || overflow === 'drop-oldest'
      const isExcused =
        cause !== undefined &&
        ((mayDrop && cause.startsWith('overflow')) ||
          cause.startsWith('age') ||
          (rotten && /corrupt|missing|torn/.test(cause)) ||
          ((rotten || restored || mayDrop) && cause.startsWith('no longer kept')))
      if (isExcused) continue
      this.#violated(`${text} ${cause === undefined ? 'and no gap says why' : `for "${cause}", which nothing explains`}`)
      return
    }
  }

  *#missing(): Generator<{ node: string; cause: string | undefined; text: string }> {
    const hub = this.#nodes.at(-1) as SimNode
    for (const journal of this.#journals.values()) {
      const { node } = journal
      const own = this.#nodes.find(({ settings }) => settings.name === node) as SimNode
      for (const [number, { epoch, sequence }] of journal.acknowledged) {
        for (const { historian, settings } of [own, hub]) {
          if (historian.has(node, number)) continue
          const text = `sample ${number} of ${node}, record ${sequence} of epoch ${epoch}, is acknowledged and not at ${settings.name}`
          yield { node, cause: historian.gapOver(node, epoch, sequence), text }
        }
      }
    }
  }

  #count(): { stored: number; declared: number } {
    const hub = this.#nodes.at(-1) as SimNode
    const counts = { stored: 0, declared: 0 }
    for (const { node, acknowledged } of this.#journals.values())
      for (const [number, { epoch, sequence }] of acknowledged) {
        if (hub.historian.has(node, number)) counts.stored++
        else if (hub.historian.gapOver(node, epoch, sequence)) counts.declared++
      }
    return counts
  }

  #start(node: SimNode): void {
    if (node.phase !== 'down') return
    void node.start().then(
      () => this.#started(node),
      (error: Error) => {
        this.#say(`${node.settings.name} does not start: ${error.message}`)
        const isOwnFault = Object.values(node.disk.faults).some((fault) => fault === true)
        if (!isOwnFault && this.#isHealing) this.#violated(`${node.settings.name} does not start: ${error.stack}`)
        this.#scheduler.after(RESTART_MS, undefined, () => this.#start(node))
      },
    )
  }

  /** A log goes on in its epoch unless what was on its disk was damaged: an empty one would show no hole. */
  #started({ settings: { name }, running, reached }: SimNode): void {
    const epoch = running?.spool.epoch ?? 0
    const before = this.#epochs.get(name)
    this.#epochs.set(name, epoch)
    this.#say(`${name} runs in epoch ${epoch}`)
    if (before !== undefined && before !== epoch && reached > 0 && !this.#faults.excuses.rotten)
      this.#violated(`${name}: its log has lost its epoch ${before}, and nothing damaged it`)
  }

  #heard(level: string, node: string, fields: object, message: string): void {
    const { code, error, problem } = fields as { code?: string; error?: Error; problem?: string }
    this.#say(`${level} ${node}: ${message} ${code ?? ''} ${problem ?? ''} ${JSON.stringify(fields)}`)
    const isOdd = /this is a bug|in an unexpected way/.test(message)
    if (isOdd || (code && NEVER_REFUSED.includes(code))) this.#violated(`${node}: ${message} ${code ?? ''} ${error?.stack ?? ''}`)
  }

  #violated(message: string): void {
    this.#violations.push(`${message} (step ${this.#scheduler.steps}, ${(this.#scheduler.nowMs / HOUR_MS).toFixed(4)} h)`)
    this.#say(`VIOLATION ${message}`)
  }

  #say(text: string): void {
    this.#scheduler.note(text)
    this.#options.onEvent?.(this.#scheduler.nowMs / HOUR_MS, text)
  }
}

/** One or two edges, a relay in half of the worlds, and the hub, which is the last. */
function topology(random: Random): NodeSettings[] {
  const hasRelay = chance(random, 0.5)
  const size = () => {
    const segmentBytes = pick(random, [64, 128, 256]) * 1024
    return { segmentBytes, maxBytes: pick(random, [1, 2, 8]) * 1024 * 1024 }
  }
  const common = () => ({
    ...size(),
    maxAgeMs: pick(random, [2 * DAY_MS, 30 * DAY_MS]),
    overflow: pick(random, ['block', 'drop-oldest'] as const),
    periodMs: pick(random, [5_000, 30_000, 180_000]),
    burst: pick(random, [1, 30, 300]),
  })
  const next = hasRelay ? 'relay' : 'hub'
  const edges = Array.from({ length: whole(random, 1, 2) }, (_, i) => ({
    ...common(),
    name: `edge-${i + 1}`,
    role: 'edge' as const,
    to: next,
  }))
  const relay = { ...common(), name: 'relay', role: 'relay' as const, to: 'hub' }
  return [...edges, ...(hasRelay ? [relay] : []), { ...common(), name: 'hub', role: 'hub' as const, to: undefined }]
}
