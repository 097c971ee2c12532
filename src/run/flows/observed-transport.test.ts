import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Link, OneWay } from '../../core/link.ts'
import { observedTransport } from './observed-transport.ts'

test('a one-way link is asked for with all that was said: what may leave, too', async () => {
  const asked: unknown[][] = []
  const link: OneWay['link'] = async (...all) => {
    asked.push(all)
    return {} as Link
  }
  const { oneWay } = observedTransport({ oneWay: { link } }, () => {})
  const pass = () => []
  await oneWay?.link?.({} as never, 7, pass)
  assert.deepEqual(asked, [[{}, 7, pass]])
})
