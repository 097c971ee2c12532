import { MQTT_LIMITS } from '../limits.ts'

/** An edge node, or one of its devices: what lives and dies as one. */
export interface Member {
  /** Empty for the edge node itself. */
  readonly device: string
  /** Position among the node's members; the edge node itself is 0. */
  readonly index: number
  alive: boolean
  /** False where the file's globs leave the device out. */
  wanted: boolean
  /** Slots of the last birth, by metric name. */
  names: Map<string, number>
  /** Signals this member ever had; those become Bad when it dies. */
  readonly signals: Set<number>
}

/** Why data of a node may be looked at but not trusted: `''` when it may. */
export type Doubt = '' | 'sparkplug-sequence-gap' | 'sparkplug-birth-remembered'

/** Slot of an alias nobody announced. */
export const NO_SLOT = -1

/**
 * What a host knows of one edge node. A *slot* is one metric of the last births: its signal, the kind of its value and its member, in parallel
 * arrays, so that data messages, which carry little more than aliases, are written to columns without touching an object.
 * Aliases are unique in an edge node, its devices included. tck-id-payloads-alias-uniqueness
 */
export class EdgeNode {
  readonly group: string
  readonly node: string
  /** -1 until a birth or a death told it. */
  bdSeq = -1
  /** The last sequence number; -1 when the next one is not known. */
  seq = -1
  doubt: Doubt = ''
  readonly members: Member[] = []
  readonly #byDevice = new Map<string, Member>()

  signalOf = new Uint32Array(16)
  kindOf = new Uint8Array(16)
  ownerOf = new Uint16Array(16)
  /** Slot by alias, for aliases below `MQTT_LIMITS.directAlias`. */
  direct: Int32Array = new Int32Array(0)
  /** Names of templates that go by an alias in data. */
  readonly templates = new Map<number, string>()
  readonly #high = new Map<number, number>()
  #aliasOf = new Float64Array(16)
  readonly #free: number[] = []
  #used = 0

  constructor(group: string, node: string) {
    this.group = group
    this.node = node
    this.member('')
  }

  get key(): string {
    return `${this.group}/${this.node}`
  }

  get self(): Member {
    return this.members[0] as Member
  }

  find(device: string): Member | undefined {
    return this.#byDevice.get(device)
  }

  /** The member, made when it is new; undefined past `MQTT_LIMITS.devices`. */
  member(device: string): Member | undefined {
    const known = this.#byDevice.get(device)
    if (known || this.members.length > MQTT_LIMITS.devices) return known
    const member: Member = { device, index: this.members.length, alive: false, wanted: true, names: new Map(), signals: new Set() }
    this.members.push(member)
    this.#byDevice.set(device, member)
    return member
  }

  /** Metrics of the last births, those of devices included. */
  get metrics(): number {
    return this.#used - this.#free.length
  }

  /** A birth of the whole node: every alias of before is void. */
  forget(): void {
    for (const member of this.members) member.names = new Map()
    this.#used = 0
    this.#free.length = 0
    this.direct = new Int32Array(0)
    this.#high.clear()
    this.templates.clear()
  }

  /** A birth of one device: its own metrics of before are void. */
  release(member: Member): void {
    for (const slot of member.names.values()) {
      const alias = this.#aliasOf[slot] as number
      if (alias >= 0 && this.slotOf(alias) === slot) this.#bind(alias, NO_SLOT)
      this.#free.push(slot)
    }
    member.names = new Map()
  }

  /** A new slot; undefined past `MQTT_LIMITS.metrics`, or when the name or the alias is taken. */
  add(member: Member, name: string, signal: number, kind: number, alias: number): number | undefined {
    if (this.metrics >= MQTT_LIMITS.metrics || member.names.has(name)) return undefined
    if (alias >= 0 && this.slotOf(alias) !== NO_SLOT) return undefined
    const slot = this.#free.pop() ?? this.#used++
    if (slot >= this.signalOf.length) this.#grow()
    this.signalOf[slot] = signal
    this.kindOf[slot] = kind
    this.ownerOf[slot] = member.index
    this.#aliasOf[slot] = alias
    member.names.set(name, slot)
    if (alias >= 0) this.#bind(alias, slot)
    return slot
  }

  /** Slot of a high alias; low ones are read from `direct`. */
  high(alias: number): number {
    return this.#high.get(alias) ?? NO_SLOT
  }

  slotOf(alias: number): number {
    return alias < this.direct.length ? (this.direct[alias] as number) : this.high(alias)
  }

  #bind(alias: number, slot: number): void {
    if (alias >= MQTT_LIMITS.directAlias) {
      if (slot === NO_SLOT) this.#high.delete(alias)
      else this.#high.set(alias, slot)
      return
    }
    if (alias >= this.direct.length) {
      const wider = new Int32Array(Math.min(MQTT_LIMITS.directAlias, Math.max(64, (alias + 1) * 2))).fill(NO_SLOT)
      wider.set(this.direct)
      this.direct = wider
    }
    this.direct[alias] = slot
  }

  #grow(): void {
    const size = this.signalOf.length * 2
    this.signalOf = grown(this.signalOf, new Uint32Array(size))
    this.kindOf = grown(this.kindOf, new Uint8Array(size))
    this.ownerOf = grown(this.ownerOf, new Uint16Array(size))
    this.#aliasOf = grown(this.#aliasOf, new Float64Array(size))
  }
}

function grown<A extends Uint32Array | Uint16Array | Uint8Array | Float64Array>(from: A, to: A): A {
  to.set(from)
  return to
}
