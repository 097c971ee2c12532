import { hash } from 'node:crypto'

/** Merkle trees of RFC 6962 section 2.1: leaves and nodes are hashed with different first bytes, and a tree of any size has one shape. */
const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer')

const LEAF = Buffer.alloc(33)
const NODE = Buffer.alloc(65, 1)

/** Of 32 bytes of content. */
export function leafHash(content: Uint8Array): Buffer {
  LEAF.set(content, 1)
  return sha256(LEAF)
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  NODE.set(left, 1)
  NODE.set(right, 33)
  return sha256(NODE)
}

/** The root of no leaves. */
export const EMPTY_ROOT = sha256(new Uint8Array(0))

/** What is needed of a growing tree to go on: the roots of its complete subtrees, the largest first; at most 53. */
export class MerkleFrontier {
  #count: number
  readonly #roots: Uint8Array[]

  constructor(count = 0, roots: readonly Uint8Array[] = []) {
    this.#count = count
    this.#roots = [...roots]
  }

  get count(): number {
    return this.#count
  }

  get roots(): readonly Uint8Array[] {
    return this.#roots
  }

  /** Takes the next leaf's content, 32 bytes. */
  append(content: Uint8Array): void {
    let node = leafHash(content)
    for (let below = this.#count; below % 2 === 1; below = Math.floor(below / 2)) node = nodeHash(this.#roots.pop() as Uint8Array, node)
    this.#roots.push(node)
    this.#count++
  }

  root(): Buffer {
    const newest = this.#roots.at(-1)
    if (!newest) return EMPTY_ROOT
    return Buffer.from(this.#roots.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), newest))
  }
}

/** The nodes that lead from the leaf at `index` to the root, lowest first. */
export function inclusionProof(contents: readonly Uint8Array[], index: number): Buffer[] {
  if (index < 0 || index >= contents.length) throw new RangeError(`leaf ${index} of ${contents.length}`)
  if (contents.length === 1) return []
  const split = splitOf(contents.length)
  return index < split
    ? [...inclusionProof(contents.slice(0, split), index), rootOf(contents.slice(split))]
    : [...inclusionProof(contents.slice(split), index - split), rootOf(contents.slice(0, split))]
}

function rootOf(contents: readonly Uint8Array[]): Buffer {
  const frontier = new MerkleFrontier()
  for (const content of contents) frontier.append(content)
  return frontier.root()
}

/** The root that a proof leads to from a leaf's content; undefined when its length does not fit a tree of `count` leaves. RFC 9162 section 2.1.3.2. */
export function rootFromProof(content: Uint8Array, index: number, count: number, proof: readonly Uint8Array[]): Buffer | undefined {
  if (!(index >= 0 && index < count)) return undefined
  let [at, last] = [index, count - 1]
  let node = leafHash(content)
  for (const sibling of proof) {
    if (last === 0) return undefined
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node)
      while (at % 2 === 0 && at !== 0) {
        at = Math.floor(at / 2)
        last = Math.floor(last / 2)
      }
    } else {
      node = nodeHash(node, sibling)
    }
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? node : undefined
}

/** The largest power of two below `count`. */
const splitOf = (count: number): number => 2 ** (Math.ceil(Math.log2(count)) - 1)
