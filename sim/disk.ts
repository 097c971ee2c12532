import { dirname } from 'node:path'
import type { SpoolFile, SpoolFiles } from '../src/gateway/index.ts'
import type { Life, Scheduler } from './clock.ts'
import { between, chance, logarithmic, type Random, whole } from './random.ts'

/** A change of a file that no sync has made durable. */
interface Change {
  readonly at: number
  /** Undefined: the file ends at `at`. */
  readonly data: Uint8Array | undefined
  isDone: boolean
  /** Its sync failed: programs still see it, and no later sync makes it durable. */
  isDoomed: boolean
}
interface Inode {
  /** As programs see it, and as a power cut leaves it at least. */
  live: Buffer
  durable: Buffer
  unsynced: Change[]
}
/** A change of a directory that no sync has made durable. */
interface NameChange {
  readonly remove: string | undefined
  readonly add: string | undefined
  readonly inode: Inode
}

/** What a machine's disk does wrong just now. */
export interface DiskFaults {
  full: boolean
  syncFails: boolean
  /** Longest time that one sync takes. */
  stallMs: number
  /** The machine stops after so many more changes. */
  crashAfter: number
}

export type Snapshot = ReadonlyMap<string, Buffer>

/** A machine's disk, in memory. What is not synced is lost, kept or torn when the power goes; names not synced with their directory vanish. */
export class Disk {
  readonly faults: DiskFaults = { full: false, syncFails: false, stallMs: 0, crashAfter: Number.POSITIVE_INFINITY }
  onCrashPoint: () => void = () => {}
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #onViolation: (message: string) => void
  #names = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()
  #nameChanges: NameChange[] = []

  constructor(scheduler: Scheduler, random: Random, onViolation: (message: string) => void) {
    this.#scheduler = scheduler
    this.#random = random
    this.#onViolation = onViolation
  }

  /** The file system as one program sees it. */
  files(life: Life): SpoolFiles {
    return {
      open: async (path, mode) => {
        const known = this.#names.get(path)
        if (mode === 'create') {
          if (known) throw failure('EEXIST')
          if (this.faults.full) throw failure('ENOSPC')
          const inode: Inode = { live: Buffer.alloc(0), durable: Buffer.alloc(0), unsynced: [] }
          this.#rename({ remove: undefined, add: path, inode })
          return this.#file(inode, life)
        }
        if (!known) throw failure('ENOENT')
        return this.#file(known, life)
      },
      list: async (directory) =>
        [...this.#names.keys()].filter((path) => dirname(path) === directory).map((path) => path.slice(directory.length + 1)),
      makeDirectory: async () => {},
      rename: async (from, to) => {
        await this.#takes(life, 0.1)
        const inode = this.#names.get(from)
        if (!inode) throw failure('ENOENT')
        this.#rename({ remove: from, add: to, inode })
      },
      remove: async (path) => {
        await this.#takes(life, 0.1)
        const inode = this.#names.get(path)
        if (!inode) throw failure('ENOENT')
        this.#rename({ remove: path, add: undefined, inode })
      },
      syncDirectory: async (directory) => {
        const before = this.#nameChanges.filter(({ remove, add }) => [remove, add].some((path) => path && dirname(path) === directory))
        await this.#takes(life, this.#syncMs())
        if (this.faults.syncFails) throw failure('EIO')
        for (const change of before) this.#apply(change, this.#durableNames)
        this.#nameChanges = this.#nameChanges.filter((change) => !before.includes(change))
      },
    }
  }

  /** True when these bytes survive a power cut, under a name that does too. */
  isDurable(content: Uint8Array): boolean {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.length)
    for (const [path, inode] of [...this.#durableNames].reverse()) if (path.endsWith('.seg') && inode.durable.includes(bytes)) return true
    return false
  }

  /** Stops the program alone, or the machine. */
  crash(kind: 'kill' | 'power'): void {
    this.faults.crashAfter = Number.POSITIVE_INFINITY
    if (kind === 'power') this.#cutNames()
    for (const inode of this.#names.values()) {
      if (kind === 'power') this.#cut(inode)
      else this.#interrupt(inode)
    }
  }

  /** What a backup taken now holds: all that is durable. */
  snapshot(): Snapshot {
    return new Map([...this.#durableNames].map(([path, inode]) => [path, copyOf(inode.durable)]))
  }

  restore(snapshot: Snapshot): void {
    this.#nameChanges = []
    this.#names = new Map([...snapshot].map(([path, bytes]) => [path, { live: copyOf(bytes), durable: copyOf(bytes), unsynced: [] }]))
    this.#durableNames = new Map(this.#names)
  }

  /** Flips a bit in a segment that is not the newest; false when there is none. */
  rot(): boolean {
    const paths = [...this.#durableNames.keys()].filter((path) => path.endsWith('.seg') && this.#names.has(path)).sort()
    const path = paths[whole(this.#random, 0, paths.length - 2)]
    const inode = path && paths.length > 1 ? this.#names.get(path) : undefined
    if (!inode || inode.unsynced.length > 0 || inode.live.length === 0) return false
    const at = whole(this.#random, 0, inode.live.length - 1)
    const bit = 1 << whole(this.#random, 0, 7)
    inode.live[at] = (inode.live[at] as number) ^ bit
    if (at < inode.durable.length) inode.durable[at] = inode.live[at] as number
    return true
  }

  /** Bytes of all files. */
  get bytes(): number {
    let sum = 0
    for (const { live } of this.#names.values()) sum += live.length
    return sum
  }

  #file(inode: Inode, life: Life): SpoolFile {
    let isClosed = false
    let hasFailed = false
    return {
      write: async (buffers, position) => {
        if (isClosed) this.#onViolation('a closed file is written')
        const data = Buffer.concat(buffers)
        this.#scheduler.note(data)
        const isFull = this.faults.full
        const kept = isFull ? data.subarray(0, whole(this.#random, 0, data.length - 1)) : data
        const change: Change = { at: position, data: kept, isDone: false, isDoomed: false }
        inode.live = changed(inode.live, change)
        inode.unsynced.push(change)
        await this.#takes(life, between(this.#random, 0.05, 1))
        change.isDone = true
        if (isFull) throw failure('ENOSPC')
      },
      sync: async () => {
        if (hasFailed) this.#onViolation('a file is synced again after its sync failed')
        const before = inode.unsynced.filter((change) => !change.isDoomed)
        await this.#takes(life, this.#syncMs())
        if (this.faults.syncFails) {
          hasFailed = true
          for (const change of before) change.isDoomed = true
          throw failure('EIO')
        }
        for (const change of before) inode.durable = changed(inode.durable, change)
        inode.unsynced = inode.unsynced.filter((change) => !before.includes(change))
      },
      read: async (into, position) => {
        await this.#takes(life, 0.05, false)
        return inode.live.copy(into, 0, position)
      },
      size: async () => inode.live.length,
      truncate: async (bytes) => {
        const change: Change = { at: bytes, data: undefined, isDone: true, isDoomed: false }
        inode.live = changed(inode.live, change)
        inode.unsynced.push(change)
        await this.#takes(life, 0.1)
      },
      close: async () => {
        isClosed = true
      },
    }
  }

  #syncMs(): number {
    return this.faults.stallMs > 0 ? between(this.#random, 0, this.faults.stallMs) : logarithmic(this.#random, 0.2, 50)
  }

  /** Time passes on the disk; never ends for a program that is gone. A change counts for the crash that was asked for. */
  #takes(life: Life, ms: number, isChange = true): Promise<void> {
    if (isChange && --this.faults.crashAfter < 0) {
      this.faults.crashAfter = Number.POSITIVE_INFINITY
      this.#scheduler.after(this.#random() < 0.5 ? 0 : ms * 1.001, undefined, this.onCrashPoint)
    }
    return new Promise((resolve) => {
      if (!life.isOver) this.#scheduler.after(ms, life, resolve)
    })
  }

  #rename(change: NameChange): void {
    this.#scheduler.note(`${change.remove} ${change.add}`)
    this.#apply(change, this.#names)
    this.#nameChanges.push(change)
  }

  #apply({ remove, add, inode }: NameChange, names: Map<string, Inode>): void {
    if (remove && names.get(remove) === inode) names.delete(remove)
    if (add) names.set(add, inode)
  }

  /** Directories come back as they were after some of their changes, in order: file systems keep a journal. */
  #cutNames(): void {
    const kept = whole(this.#random, 0, this.#nameChanges.length)
    for (const change of this.#nameChanges.slice(0, kept)) this.#apply(change, this.#durableNames)
    this.#nameChanges = []
    this.#names = new Map(this.#durableNames)
  }

  #cut(inode: Inode): void {
    const fate = this.#random()
    let bytes = inode.durable
    for (const change of inode.unsynced) {
      if (change.isDoomed) continue
      if (fate < 0.3) break // nothing reached the disk
      const isKept = fate < 0.6 || chance(this.#random, 0.5)
      if (isKept && change.isDone && fate < 0.9) bytes = changed(bytes, change)
      else if (isKept) bytes = changed(bytes, this.#torn(change))
    }
    Object.assign(inode, { live: copyOf(bytes), durable: copyOf(bytes), unsynced: [] })
  }

  /** A write that was under way when its program ended. */
  #interrupt(inode: Inode): void {
    let bytes = copyOf(inode.durable)
    inode.unsynced = inode.unsynced.map((change) => (change.isDone ? change : { ...this.#torn(change), isDone: true }))
    for (const change of inode.unsynced) bytes = changed(bytes, change)
    inode.live = bytes
  }

  /** Part of it, or its length with zeros in place of the data. */
  #torn(change: Change): Change {
    const { data } = change
    if (!data) return change
    if (chance(this.#random, 0.3)) return { ...change, data: new Uint8Array(data.length) }
    return { ...change, data: data.subarray(0, whole(this.#random, 0, data.length)) }
  }
}

function changed(bytes: Buffer, { at, data }: Change): Buffer {
  if (!data) return bytes.subarray(0, at)
  const end = at + data.length
  if (end <= bytes.length) {
    bytes.set(data, at)
    return bytes
  }
  // Room for what follows: a segment grows by many small writes.
  const room = bytes.byteOffset === 0 && bytes.buffer.byteLength >= end ? Buffer.from(bytes.buffer, 0, end) : grown(bytes, end)
  room.fill(0, Math.min(bytes.length, at), at)
  room.set(data, at)
  return room
}

/** Never in the pool that small buffers share: it is written in place. */
function copyOf(bytes: Uint8Array): Buffer {
  return grown(bytes, bytes.length)
}

function grown(bytes: Uint8Array, end: number): Buffer {
  const room = Buffer.from(new ArrayBuffer(Math.max(4096, end * 2)), 0, end)
  room.set(bytes)
  return room
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: made by the simulation`), { code })
}
