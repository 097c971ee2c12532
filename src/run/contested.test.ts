import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR, SECOND } from '../core/time.ts'
import { CONTESTED_KEPT, Contested } from './contested.ts'

test('a signal that moves to another node is not contested; one that comes back within the hour is, until an hour after', () => {
  const contested = new Contested()
  const fed = (node: string, time: number) => contested.fed(4, node, () => time)
  fed('edge-1', 0)
  fed('edge-1', SECOND)
  fed('edge-2', 2 * SECOND)
  assert.equal(contested.view(2 * SECOND).size, 0, 'moved')
  fed('edge-1', 3 * SECOND)
  assert.deepEqual([...contested.view(3 * SECOND)], [[4, { nodes: ['edge-1', 'edge-2'], time: 3 * SECOND }]])
  fed('edge-2', 9 * SECOND)
  assert.equal(contested.view(9 * SECOND).get(4)?.time, 9 * SECOND)
  assert.equal(contested.view(9 * SECOND + HOUR).size, 0)
  fed('edge-1', 10 * SECOND + HOUR)
  assert.equal(contested.view(10 * SECOND + HOUR).size, 0, 'moved back much later')
})

test('no more contested signals are remembered than the limit', () => {
  const contested = new Contested()
  for (let signal = 0; signal < CONTESTED_KEPT + 5; signal++) for (const node of ['a', 'b', 'a']) contested.fed(signal, node, () => signal)
  const view = contested.view(CONTESTED_KEPT)
  assert.deepEqual([view.size, view.has(4), view.has(5)], [CONTESTED_KEPT, false, true])
})
