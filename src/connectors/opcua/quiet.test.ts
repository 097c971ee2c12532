import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../core/manual-clock.ts'
import { Status } from '../../core/status.ts'
import { parseTime } from '../../core/time.ts'
import { EVERY_MS, watchQuiet } from './quiet.ts'
import type { Session } from './services.ts'
import type { Item } from './targets.ts'

/** Four nodes; the third is refused. What the server answers is `known`. */
function bench() {
  const clock = new ManualClock(parseTime('2026-11-25T08:00:00Z'))
  const items = ['a', 'b', 'c', 'd'].map((name) => ({
    address: name,
    nodeId: name,
    ...(name === 'c' && { refused: {} }),
  })) as unknown as Item[]
  const known = new Set<unknown>(['a', 'b', 'd'])
  const asked: string[] = []
  const said: string[] = []
  let fails = false
  const read = async (nodes: { nodeId: unknown }[]) => {
    asked.push(nodes.map(({ nodeId }) => nodeId).join(''))
    if (fails) throw new Error('BadTimeout')
    return nodes.map(({ nodeId }) => ({ statusCode: { value: known.has(nodeId) ? 0 : Status.BadNodeIdUnknown } }))
  }
  const stop = new AbortController()
  const watching = watchQuiet({ read } as unknown as Session, items, clock, stop.signal, {
    onGone: (gone) =>
      said.push(...gone.map(({ handle, status }) => `${items[handle]?.address} gone ${status === Status.BadNodeIdUnknown}`)),
    onBack: async (handles) => void said.push(...handles.map((handle) => `${items[handle]?.address} back`)),
  })
  const minute = async () => {
    await clock.advance(EVERY_MS)
    return [asked.splice(0).join(), said.splice(0).join()]
  }
  const end = async () => {
    stop.abort()
    await watching
  }
  return { items, known, minute, end, fail: (yes: boolean) => (fails = yes) }
}

test('a node that went without a word is found, told once, and monitored again when it is back', async () => {
  const { items, known, minute, end, fail } = bench()
  assert.deepEqual(await minute(), ['abd', ''])
  known.delete('b')
  for (const item of items) item.heard = true
  assert.deepEqual(await minute(), ['', ''], 'who was heard is not asked for')
  assert.deepEqual(await minute(), ['abd', 'b gone true'])
  assert.deepEqual(await minute(), ['abd', ''])
  fail(true)
  assert.deepEqual(await minute(), ['abd', ''], 'no answer says nothing of a node')
  fail(false)
  known.add('b')
  assert.deepEqual(await minute(), ['abd', 'b back'])
  await end()
})

test('a node that speaks again by itself is not monitored twice', async () => {
  const { items, known, minute, end } = bench()
  known.delete('d')
  assert.deepEqual(await minute(), ['abd', 'd gone true'])
  known.add('d')
  ;(items[3] as Item).heard = true
  assert.deepEqual(await minute(), ['ab', ''])
  assert.deepEqual(await minute(), ['abd', ''])
  await end()
})
