import { type Cell, shareOf, tally } from './cells.ts'
import { LEDGER_LIMITS } from './limits.ts'
import type { Withheld } from './withheld.ts'

/** What neighbouring records of the log came to. */
export interface Block {
  readonly first: number
  readonly last: number
  readonly counts: readonly (readonly [Cell, number])[]
}

/** Sequences that went out of the log before a destination had them. */
export interface Hole {
  readonly from: number
  readonly to: number
  readonly cause: string
}

/** Who takes what the log holds: everything up to `reached` it has, or has missed. */
export interface Destination {
  readonly name: string
  reached: number
  /** By their places. */
  holes: Hole[]
  /** What it does not get of records that it gets; by their places. */
  withheld: Withheld[]
  /** It was handed everything up to here, and may have it although it has not said so. */
  sent?: number | undefined
}

/** What must stay told apart: a destination may have the one and not the other. `cuts`: places that a block ends at; `single`: runs of which each record stands for itself. */
export interface Apart {
  readonly cuts: readonly number[]
  readonly single: readonly { readonly from: number; readonly to: number }[]
}

export function apartFor(destinations: readonly Destination[]): Apart {
  const cuts = destinations.flatMap(({ reached, holes }) => [reached, ...holes.flatMap(({ from, to }) => [from - 1, to])])
  const single = destinations.flatMap(({ reached, sent = 0 }) => (sent > reached ? [{ from: reached + 1, to: sent }] : []))
  return { cuts: cuts.sort((a, b) => a - b), single }
}

/** What the log holds and some destination does not have yet, in order; record by record as long as there are not too many. */
export class Blocks {
  #list: Block[]
  readonly #limit: number

  constructor(list: readonly Block[] = [], limit: number = LEDGER_LIMITS.blocks) {
    this.#list = [...list]
    this.#limit = limit
  }

  get size(): number {
    return this.#list.length
  }

  get first(): number | undefined {
    return this.#list[0]?.first
  }

  add(block: Block, apart: () => Apart): void {
    if (block.counts.length === 0) return
    this.#list.push(block)
    if (this.#list.length <= this.#limit) return
    const half = this.#list.length >> 1
    this.#list = [...joined(this.#list.slice(0, half), half >> 1, apart()), ...this.#list.slice(half)]
  }

  /** The blocks for a file, joined to a bounded number. */
  saved(apart: Apart): Block[] {
    return joined(this.#list, LEDGER_LIMITS.savedBlocks, apart)
  }

  /** What a destination does not have yet, block by block. */
  beyond({ reached }: Pick<Destination, 'reached'>): readonly Block[] {
    return this.#list.slice(this.#after(reached))
  }

  /** A block of which some lies in a hole and some does not. */
  astride({ from, to }: Hole): Block | undefined {
    for (const sequence of [from, to]) {
      const block = this.#list[this.#after(sequence - 1)]
      const isTouched = block !== undefined && block.first <= to && block.last >= from
      if (isTouched && block.first < block.last && (block.first < from || block.last > to)) return block
    }
    return undefined
  }

  /** The blocks that were joined over what must be told apart, in order. */
  mixed({ cuts, single }: Apart): Block[] {
    const found = new Set<Block>()
    for (const cut of cuts) {
      const block = this.#list[this.#after(cut)]
      if (block && block.first <= cut) found.add(block)
    }
    for (const { from, to } of single)
      for (let at = this.#after(from - 1); at < this.#list.length; at++) {
        const block = this.#list[at] as Block
        if (block.first > to) break
        if (block.first < block.last) found.add(block)
      }
    return [...found].sort((a, b) => a.first - b.first)
  }

  /** Brings a destination to a sequence. Returns the block that has to be told apart first, where one lies on both sides of it or of a hole. */
  advance(destination: Destination, to: number): Block | undefined {
    const { name, holes } = destination
    let behind = 0
    for (let at = this.#after(destination.reached); at < this.#list.length; at++) {
      const block = this.#list[at] as Block
      if (block.first > to) break
      while (behind < holes.length && (holes[behind] as Hole).to < block.first) behind++
      const next = holes[behind]
      const hole = next && next.from <= block.last ? next : undefined
      const isWhole = block.last <= to && (!hole || (hole.from <= block.first && hole.to >= block.last))
      if (!isWhole && block.first < block.last) return block
      for (const [cell, count] of block.counts) {
        const share = shareOf(cell, name)
        if (hole) tally(share.lost, hole.cause, count)
        else share.passed += count
      }
      destination.reached = block.last
    }
    destination.reached = Math.max(destination.reached, to)
    destination.holes = holes.filter((hole) => hole.to > destination.reached)
    return undefined
  }

  /** Puts finer blocks in the place of one. What they do not account for is in the records that are gone: it comes as one block of its own. */
  divide(block: Block, parts: readonly Block[]): void {
    const at = this.#list.indexOf(block)
    const left = new Map(block.counts)
    for (const { counts } of parts) for (const [cell, count] of counts) left.set(cell, (left.get(cell) ?? 0) - count)
    const gone = [...left].filter(([, count]) => count !== 0)
    const place = gone.length === 0 ? undefined : freeOf(block, parts)
    const all = [
      ...parts.filter(({ counts }) => counts.length > 0),
      ...(place === undefined ? [] : [{ first: place, last: place, counts: gone }]),
    ]
    this.#list.splice(at, 1, ...all.sort((a, b) => a.first - b.first))
  }

  /** Lets go of what every destination has. */
  release(reached: number): void {
    this.#list.splice(0, this.#after(reached))
  }

  /** Place of the first block that is not wholly at or below a sequence. */
  #after(reached: number): number {
    let low = 0
    let high = this.#list.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#list[middle] as Block).last <= reached) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The first sequence of a block that none of its parts stands at. */
function freeOf(block: Block, parts: readonly Block[]): number {
  const taken = new Set(parts.map(({ first }) => first))
  for (let at = block.first; at <= block.last; at++) if (!taken.has(at)) return at
  return block.last
}

/** Neighbours joined until there are about `most`, and never what must stay apart. */
function joined(blocks: readonly Block[], most: number, { cuts, single }: Apart): Block[] {
  const by = Math.ceil(blocks.length / Math.max(1, most))
  if (by <= 1) return [...blocks]
  const result: Block[] = []
  let some: Block[] = []
  let cut = 0
  const close = () => {
    const [first] = some
    if (first) result.push({ first: first.first, last: (some.at(-1) as Block).last, counts: summed(some) })
    some = []
  }
  for (const block of blocks) {
    const last = some.at(-1)?.last ?? block.first
    while (cut < cuts.length && (cuts[cut] as number) < last) cut++
    const isCut = cut < cuts.length && (cuts[cut] as number) < block.first
    const isSingle = single.some(({ from, to }) => from <= block.last && block.first <= to)
    if (some.length >= by || isCut || isSingle) close()
    some.push(block)
    if (isSingle) close()
  }
  close()
  return result
}

function summed(blocks: readonly Block[]): [Cell, number][] {
  const counts = new Map<Cell, number>()
  for (const block of blocks) for (const [cell, count] of block.counts) counts.set(cell, (counts.get(cell) ?? 0) + count)
  return [...counts]
}
