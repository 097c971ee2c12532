import { HOUR, type Micros } from '../../core/time.ts'

export interface Bounds {
  readonly count: number
  /** Characters of all, as JSON. */
  readonly length: number
}

/** What is held of one name may take this share of the room. */
const SHARE = 1 / 4
/** What was dropped again before it was asked for so often was not worth reading; so many questions more, twice as many each time, then go to the database. */
const WORTH = 2
const MOST_SKIPPED = 256

interface Held<One> {
  readonly all: readonly One[]
  readonly length: number
  asked: number
}

/** How many and how long, of all names together; the ones nobody asked for longest go first. */
class Room<H extends Held<unknown>> {
  readonly #held = new Map<string, H>()
  readonly #bounds: Bounds
  #count = 0
  #length = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  get(name: string): H | undefined {
    const held = this.#held.get(name)
    if (!held) return undefined
    this.#held.delete(name)
    this.#held.set(name, held)
    held.asked++
    return held
  }

  /** False when it is too much to be held. */
  put(name: string, held: H): boolean {
    this.delete(name)
    if (held.all.length > this.#bounds.count * SHARE || held.length > this.#bounds.length * SHARE) return false
    this.#held.set(name, held)
    this.#count += held.all.length
    this.#length += held.length
    for (const oldest of this.#held.keys()) {
      // Each counts at least as one, so that empty ones are bounded, too.
      if (this.#count + this.#held.size <= this.#bounds.count && this.#length <= this.#bounds.length) break
      this.delete(oldest)
    }
    return true
  }

  delete(name: string): H | undefined {
    const held = this.#held.get(name)
    if (!held) return undefined
    this.#held.delete(name)
    this.#count -= held.all.length
    this.#length -= held.length
    return held
  }

  clear(): void {
    this.#held.clear()
    this.#count = 0
    this.#length = 0
  }
}

const lengthOf = (all: readonly unknown[]): number => all.reduce<number>((sum, one) => sum + JSON.stringify(one).length, 0)

/** Told that something was said of a name while the database was asked, so that the answer may be older. */
class Versions {
  readonly #said = new Map<string, number>()
  #cleared = 0

  say(name: string): void {
    // Names that are forgotten count as said.
    if (this.#said.size >= MOST_NAMES) this.clear()
    this.#said.set(name, (this.#said.get(name) ?? 0) + 1)
  }

  clear(): void {
    this.#said.clear()
    this.#cleared++
  }

  of(name: string): string {
    return `${this.#cleared} ${this.#said.get(name) ?? 0}`
  }
}
const MOST_NAMES = 10_000

/** Of each name all that reach beyond a time, in the order in which the database gave them. */
export class HeldTimes<One> {
  readonly #timesOf: (one: One) => readonly [Micros | null, Micros | null]
  readonly #bounds: Bounds
  readonly #room: Room<Held<One> & { readonly from: Micros }>
  readonly #versions = new Versions()
  /** Names that were not worth it, and how many questions of theirs go to the database first. */
  readonly #skips = new Map<string, { left: number; next: number }>()

  constructor(timesOf: (one: One) => readonly [Micros | null, Micros | null], bounds: Bounds) {
    this.#timesOf = timesOf
    this.#bounds = bounds
    this.#room = new Room(bounds)
  }

  /** Those that are there at some moment of [from, to). `ask` reads all from a time on, undefined when there are more than so many. Undefined: to be asked as it is. */
  async overlapping(
    name: string,
    { from, to }: { readonly from: Micros; readonly to: Micros },
    ask: (from: Micros, most: number) => Promise<One[] | undefined>,
  ): Promise<One[] | undefined> {
    const held = this.#room.get(name)
    if (held && held.from <= from) return this.#chosen(held.all, from, to)
    const skip = this.#skips.get(name)
    if (skip && skip.left-- > 0) return undefined
    const version = this.#versions.of(name)
    // From a whole hour on, so that a question about a little earlier is answered, too.
    const since = (Math.floor(from / HOUR) - 1) * HOUR
    const all = await ask(since, Math.floor(this.#bounds.count * SHARE))
    const isHeld =
      all !== undefined &&
      (this.#versions.of(name) !== version || this.#room.put(name, { all, from: since, length: lengthOf(all), asked: 0 }))
    if (!isHeld) this.#notWorth(name)
    return all && this.#chosen(all, from, to)
  }

  /** Something new was said of it. */
  forget(name: string): void {
    this.#versions.say(name)
    const held = this.#room.delete(name)
    if (!held) return
    if (held.asked < WORTH) this.#notWorth(name)
    else this.#skips.delete(name)
  }

  clear(): void {
    this.#versions.clear()
    this.#room.clear()
  }

  #notWorth(name: string): void {
    if (this.#skips.size >= MOST_NAMES) this.#skips.clear()
    const next = this.#skips.get(name)?.next ?? 4
    this.#skips.set(name, { left: next, next: Math.min(MOST_SKIPPED, next * 2) })
  }

  #chosen(all: readonly One[], from: Micros, to: Micros): One[] {
    return all.filter((one) => {
      const [begin, end] = this.#timesOf(one)
      return (begin === null || begin < to) && (end === null || end > from)
    })
  }
}

/** Of each name what was said under some keys. */
export class HeldKeys<One extends { readonly key: string }> {
  readonly #room: Room<Held<One> & { readonly version: string }>
  readonly #versions = new Versions()

  constructor(bounds: Bounds) {
    this.#room = new Room(bounds)
  }

  /** As the database orders them. `ask` reads all of these keys, undefined when there are too many. */
  async of(name: string, keys: readonly string[], ask: () => Promise<One[] | undefined>): Promise<One[] | undefined> {
    const asked = `${name}\n${JSON.stringify(keys)}`
    const version = this.#versions.of(name)
    const held = this.#room.get(asked)
    if (held?.version === version) return [...held.all]
    const all = await ask()
    if (all && this.#versions.of(name) === version) this.#room.put(asked, { all, version, length: lengthOf(all) + asked.length, asked: 0 })
    return all
  }

  /** Something new was said of it. */
  forget(name: string): void {
    this.#versions.say(name)
  }

  clear(): void {
    this.#versions.clear()
    this.#room.clear()
  }
}
