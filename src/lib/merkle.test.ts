import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { EMPTY_ROOT, inclusionProof, MerkleFrontier, rootFromProof } from './merkle.ts'

const sha = (...parts: Uint8Array[]): Buffer => parts.reduce((all, part) => all.update(part), createHash('sha256')).digest()

/** RFC 6962 section 2.1, word by word. */
function definition(leaves: readonly Uint8Array[]): Buffer {
  const [first] = leaves
  if (!first) return sha()
  if (leaves.length === 1) return sha(Buffer.of(0), first)
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return sha(Buffer.of(1), definition(leaves.slice(0, k)), definition(leaves.slice(k)))
}

const leavesOf = (count: number, seed: number) => Array.from({ length: count }, (_, i) => sha(Buffer.from(`${seed}/${i}`)))

test('a growing tree has the root of the definition at every size, and can be put down and taken up', () => {
  assert.deepEqual(new MerkleFrontier().root(), EMPTY_ROOT)
  const leaves = leavesOf(70, 1)
  let frontier = new MerkleFrontier()
  leaves.forEach((leaf, i) => {
    frontier.append(leaf)
    assert.deepEqual(frontier.root(), definition(leaves.slice(0, i + 1)))
    frontier = new MerkleFrontier(frontier.count, frontier.roots)
  })
})

test('a proof leads to the root, and no other leaf, place, size or proof does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.nat(), (count, at, seed) => {
      const leaves = leavesOf(count, seed)
      const index = at % count
      const proof = inclusionProof(leaves, index)
      const root = definition(leaves)
      const leaf = leaves[index] as Buffer
      assert.deepEqual(rootFromProof(leaf, index, count, proof), root)
      assert.notDeepEqual(rootFromProof(sha(leaf), index, count, proof), root)
      assert.equal(rootFromProof(leaf, index, count, [...proof, leaf]), undefined)
      assert.equal(rootFromProof(leaf, count, count, proof), undefined)
      if (count > 1) assert.equal(rootFromProof(leaf, index, count, proof.slice(1)), undefined)
      if (count > 1) assert.notDeepEqual(rootFromProof(leaf, (index + 1) % count, count, proof), root)
    }),
    { numRuns: 200 },
  )
  assert.throws(() => inclusionProof([], 0), RangeError)
})
