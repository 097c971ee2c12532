import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LIMITS } from './limits.ts'
import { type PushedRun, runsOf, takeDelivery } from './pushed-rows.ts'

const rule = { field: 'op', equals: 'D' }

test('rows and deletions keep their order, and everything is acknowledged once', () => {
  const message = fc.record({ feed: fc.nat({ max: 2 }), ops: fc.array(fc.constantFrom('U', 'D'), { maxLength: 6 }) })
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 20 }), (messages) => {
      let number = 0
      const sent: { n: number; op: string; feed: number }[] = []
      const done: number[] = []
      const queue: PushedRun[] = messages.flatMap(({ feed, ops }, index) => {
        const rows = ops.map((op) => ({ n: number++, op, feed }))
        sent.push(...rows)
        return runsOf(feed, rows, rule, { done: () => done.push(index), cursor: `${index}` })
      })
      const got: unknown[] = []
      while (queue.length > 0) {
        const { feed, rows, deleted = [], ack, cursor } = takeDelivery(queue)
        assert.ok(rows.length === 0 || deleted.length === 0)
        assert.ok([...rows, ...deleted].every((row) => row.feed === feed))
        got.push(...rows, ...deleted)
        ack?.()
        assert.equal(cursor, cursor && `${done.at(-1)}`)
      }
      assert.deepEqual(got, sent)
      assert.deepEqual(done, [...messages.keys()])
    }),
  )
})

test('a delivery has no more rows than it may', () => {
  const rows = Array.from({ length: LIMITS.deliveryRows }, (_, n) => ({ n }))
  const queue = [...runsOf(0, rows, undefined), ...runsOf(0, [{ n: -1 }], undefined)]
  assert.deepEqual([takeDelivery(queue).rows.length, takeDelivery(queue).rows.length], [LIMITS.deliveryRows, 1])
  assert.deepEqual(
    runsOf(0, [...rows, ...rows], undefined).map((run) => run.rows.length),
    [LIMITS.deliveryRows, LIMITS.deliveryRows],
  )
})
