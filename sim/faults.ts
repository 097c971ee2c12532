import type { Scheduler } from './clock.ts'
import type { Network, Path } from './network.ts'
import type { SimNode } from './node.ts'
import { between, chance, exponential, logarithmic, pick, type Random } from './random.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

export interface FaultParts {
  readonly scheduler: Scheduler
  readonly network: Network
  readonly nodes: readonly SimNode[]
  readonly random: Random
  /** Between faults, on average. */
  readonly everyMs: number
  /** Starts a node, again and again until it runs. */
  readonly start: (node: SimNode) => void
  readonly onFault: (what: string) => void
}

/** What happened that may cost data. */
export interface Excuses {
  rotten: boolean
  restored: boolean
  /** How often each kind of fault was injected. */
  readonly counts: Record<string, number>
}

interface Fault {
  readonly name: string
  readonly weight: number
  readonly inject: () => string | undefined
}

/** Draws faults from a seed, one after the other, each for a time; `stop` ends all that last. */
export class Faults {
  readonly excuses: Excuses = { rotten: false, restored: false, counts: {} }
  readonly #parts: FaultParts
  readonly #faults: readonly Fault[]
  readonly #backups = new Map<SimNode, ReturnType<SimNode['snapshot']>>()
  #isOver = false

  constructor(parts: FaultParts) {
    this.#parts = parts
    this.#faults = [
      { name: 'crash', weight: 6, inject: () => this.#crash() },
      { name: 'crash while writing', weight: 6, inject: () => this.#crashWhileWriting() },
      { name: 'restart', weight: 2, inject: () => this.#restart() },
      { name: 'partition', weight: 3, inject: () => this.#partition() },
      { name: 'half-open', weight: 2, inject: () => this.#halfOpen() },
      { name: 'reset', weight: 4, inject: () => this.#reset() },
      { name: 'slow network', weight: 2, inject: () => this.#slow() },
      { name: 'clock jump', weight: 1, inject: () => this.#jump() },
      { name: 'full disk', weight: 2, inject: () => this.#disk('full', () => true, false) },
      { name: 'failing sync', weight: 2, inject: () => this.#disk('syncFails', () => true, false) },
      { name: 'slow disk', weight: 2, inject: () => this.#disk('stallMs', () => logarithmic(parts.random, 100, 20 * SECOND_MS), 0) },
      { name: 'failing historian', weight: 1, inject: () => this.#historian() },
      { name: 'bit rot', weight: 0.3, inject: () => this.#rot() },
      { name: 'backup', weight: 1, inject: () => this.#backup() },
      { name: 'restore', weight: 0.3, inject: () => this.#restore() },
    ]
    for (const node of parts.nodes) node.disk.onCrashPoint = () => this.#fell(node, 'while writing')
    this.#next()
  }

  /** Everything is repaired, and nothing more breaks. */
  stop(): void {
    this.#isOver = true
    const { network, nodes } = this.#parts
    for (const path of network.paths.values()) this.#open(path)
    for (const { disk, historian } of nodes) {
      Object.assign(disk.faults, { full: false, syncFails: false, stallMs: 0, crashAfter: Number.POSITIVE_INFINITY })
      historian.fails = false
    }
  }

  #next(): void {
    const { scheduler, random, everyMs, onFault } = this.#parts
    scheduler.after(exponential(random, everyMs), undefined, () => {
      if (this.#isOver) return
      let at = random() * this.#faults.reduce((sum, { weight }) => sum + weight, 0)
      const fault = this.#faults.find(({ weight }) => (at -= weight) < 0) as Fault
      const what = fault.inject()
      if (what !== undefined) {
        this.excuses.counts[fault.name] = (this.excuses.counts[fault.name] ?? 0) + 1
        onFault(`${fault.name}: ${what}`)
      }
      this.#next()
    })
  }

  #node(): SimNode {
    return pick(this.#parts.random, this.#parts.nodes)
  }

  #path(): [string, Path] {
    return pick(this.#parts.random, [...this.#parts.network.paths])
  }

  #later(ms: number, work: () => void): void {
    this.#parts.scheduler.after(ms, undefined, work)
  }

  #crash(): string | undefined {
    const node = this.#node()
    return node.phase === 'down' ? undefined : this.#fell(node, 'at rest')
  }

  #fell(node: SimNode, when: string): string | undefined {
    if (this.#isOver || node.phase === 'down') return undefined
    const { random, start } = this.#parts
    const kind = chance(random, 0.5) ? 'kill' : 'power'
    node.crash(kind)
    const downMs = chance(random, 0.9) ? between(random, SECOND_MS, MINUTE_MS) : logarithmic(random, MINUTE_MS, 24 * HOUR_MS)
    this.#later(downMs, () => start(node))
    const what = `${node.settings.name} ${kind} ${when}, off for ${Math.round(downMs / 1000)} s`
    if (when !== 'at rest') this.#parts.onFault(what)
    return what
  }

  #crashWhileWriting(): string | undefined {
    const node = this.#node()
    const after = Math.floor(logarithmic(this.#parts.random, 1, 60))
    node.disk.faults.crashAfter = after
    return `${node.settings.name} after ${after} changes of its disk`
  }

  #restart(): string | undefined {
    const node = this.#node()
    if (node.phase !== 'up') return undefined
    const { random, start } = this.#parts
    const downMs = logarithmic(random, SECOND_MS, HOUR_MS)
    void node.stop().then(() => this.#later(downMs, () => start(node)))
    return `${node.settings.name}, off for ${Math.round(downMs / 1000)} s`
  }

  #partition(): string {
    const [name, path] = this.#path()
    const ms = logarithmic(this.#parts.random, SECOND_MS, 72 * HOUR_MS)
    path.blockedThere = path.blockedBack = true
    this.#later(ms, () => this.#open(path))
    return `${name} for ${Math.round(ms / 1000)} s`
  }

  #halfOpen(): string {
    const { random } = this.#parts
    const [name, path] = this.#path()
    const side = pick(random, ['blockedThere', 'blockedBack'] as const)
    const ms = logarithmic(random, SECOND_MS, HOUR_MS)
    path[side] = true
    this.#later(ms, () => this.#open(path))
    return `${name} ${side} for ${Math.round(ms / 1000)} s`
  }

  #open(path: Path): void {
    Object.assign(path, { blockedThere: false, blockedBack: false, delayMs: 5, bytesPerMs: 10_000 })
    this.#parts.network.heal(path)
  }

  #reset(): string {
    const [name, path] = this.#path()
    this.#parts.network.reset(path)
    return name
  }

  #slow(): string {
    const { random } = this.#parts
    const [name, path] = this.#path()
    path.delayMs = logarithmic(random, 20, 5 * SECOND_MS)
    path.bytesPerMs = logarithmic(random, 0.5, 1_000)
    this.#later(logarithmic(random, MINUTE_MS, 6 * HOUR_MS), () => this.#open(path))
    return `${name} ${Math.round(path.delayMs)} ms, ${path.bytesPerMs.toFixed(1)} bytes/ms`
  }

  #jump(): string {
    const { random } = this.#parts
    const node = this.#node()
    const hours = between(random, -24, 24)
    node.wall.offsetUs += Math.round(hours * HOUR_MS * 1000)
    return `${node.settings.name} by ${hours.toFixed(2)} h`
  }

  #disk<K extends 'full' | 'syncFails' | 'stallMs'>(
    fault: K,
    value: () => SimNode['disk']['faults'][K],
    none: SimNode['disk']['faults'][K],
  ) {
    const { random } = this.#parts
    const { disk, settings } = this.#node()
    const ms = logarithmic(random, 100, 2 * HOUR_MS)
    disk.faults[fault] = value()
    this.#later(ms, () => {
      disk.faults[fault] = none
    })
    return `${settings.name} for ${Math.round(ms / 1000)} s`
  }

  #historian(): string {
    const { historian, settings } = this.#node()
    const ms = logarithmic(this.#parts.random, SECOND_MS, 2 * HOUR_MS)
    historian.fails = true
    this.#later(ms, () => {
      historian.fails = false
    })
    return `${settings.name} for ${Math.round(ms / 1000)} s`
  }

  #rot(): string | undefined {
    const node = this.#node()
    if (!node.disk.rot()) return undefined
    this.excuses.rotten = true
    return node.settings.name
  }

  #backup(): string | undefined {
    const node = this.#node()
    // An edge that is put back begins a new epoch, with files that are not of the spool: not simulated yet.
    if (node.settings.role === 'edge') return undefined
    this.#backups.set(node, node.snapshot())
    return node.settings.name
  }

  #restore(): string | undefined {
    const node = this.#node()
    const backup = this.#backups.get(node)
    if (!backup) return undefined
    node.crash('power')
    node.restore(backup)
    this.excuses.restored = true
    this.#later(MINUTE_MS, () => this.#parts.start(node))
    return node.settings.name
  }
}
