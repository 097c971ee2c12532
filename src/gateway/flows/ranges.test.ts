import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addRange, covers, overlaps, type Range } from './ranges.ts'

const added = fc.tuple(fc.nat(300), fc.nat(20)).map(([from, more]): Range => [from, from + more])

test('what was added is covered, ranges stay sorted, apart and within their number; without the bound nothing else is covered', () => {
  fc.assert(
    fc.property(fc.array(added, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (all, most) => {
      const bounded: Range[] = []
      const free: Range[] = []
      const set = new Set<number>()
      for (const [from, to] of all) {
        addRange(bounded, from, to, most)
        addRange(free, from, to, 1_000)
        for (let i = from; i <= to; i++) set.add(i)
      }
      assert.ok(bounded.length <= most)
      for (const ranges of [bounded, free])
        for (let i = 1; i < ranges.length; i++) assert.ok((ranges[i] as Range)[0] > (ranges[i - 1] as Range)[1] + 1)
      for (const [from, to] of all) assert.ok(covers(bounded, from, to))
      for (let i = 0; i <= 330; i++) {
        assert.equal(covers(free, i, i), set.has(i))
        assert.equal(
          overlaps(free, i, i + 3),
          [0, 1, 2, 3].some((more) => set.has(i + more)),
        )
      }
    }),
  )
})
