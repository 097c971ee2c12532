import assert from 'node:assert/strict'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { webhookConfig } from '../../connectors/webhook/config.ts'
import { WebhookRecords } from '../../connectors/webhook/records.ts'
import { NotConnected } from '../../core/errors.ts'
import type { Conduit } from '../../core/policy.ts'
import { testRunner } from '../../core/record-source.fixture.ts'
import { systemClock } from '../../core/time.ts'
import { compilePolicy } from '../../gateway/policy/index.ts'
import { conduit, policyOf, zone } from '../../gateway/policy/policy.fixture.ts'
import { againstCaller, recordsThroughConduit } from './collecting.ts'
import { Gate } from './gate.ts'

const token = 'a-token-of-enough-characters'
const KINDS = ['flight', 'order']

/** A webhook behind a conduit that names one address, and one kind of records. */
function behind(t: TestContext, more: Partial<Conduit> = {}) {
  const rows = { direction: 'push' as const, transports: ['webhook'], records: ['flight'], peers: ['127.0.0.1'], reviewBy: '2999-12-31' }
  const gate = new Gate({
    policy: compilePolicy(policyOf([zone('it', 4), zone('control', 2)], [conduit('orders', 'it', 'control', { ...rows, ...more })])),
    crossing: {
      ...{ part: 'connection', name: 'c', path: [], zonePath: [], from: 'it', to: 'control', transport: 'webhook', direction: 'push' },
      isPeerOpen: true,
    },
    clock: systemClock,
    idOf: () => undefined,
    rateOf: () => undefined,
  })
  const records = KINDS.map((record) => ({ record, path: `/${record}` }))
  const { context, next } = testRunner({ against: againstCaller(gate, KINDS) })
  const system = new WebhookRecords(webhookConfig.parse({ port: 0, auth: { type: 'bearer', token }, records }), context)
  const source = recordsThroughConduit(system, gate, KINDS)
  t.after(() => source.close())
  const post = (localAddress: string, path: string, headers: Record<string, string> = {}) =>
    new Promise<number>((resolve, reject) => {
      const asked = request(
        {
          ...{ host: '127.0.0.1', port: system.port, path, method: 'POST', localAddress },
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        },
      )
      asked.on('error', reject)
      asked.end(JSON.stringify({ id: 'AF1' }))
    })
  return { gate, source, post, next }
}

test('a webhook behind a conduit with peers: who is named passes, anybody else and anything else is refused before it is read, and counted', async (t) => {
  const { gate, source, post, next } = behind(t)
  await source.connect(t.signal)
  // What a caller says of itself counts for nothing.
  assert.equal(await post('127.0.0.2', '/flight', { 'x-forwarded-for': '127.0.0.1' }), 403)
  // Who may not call is not told which paths there are.
  assert.equal(await post('127.0.0.2', '/nothing'), 403)
  assert.equal(await post('127.0.0.1', '/order'), 403)
  const answer = post('127.0.0.1', '/flight')
  const { rows, from } = await next(source)
  assert.deepEqual([rows, from, await answer], [[{ id: 'AF1' }], '127.0.0.1', 202])
  assert.deepEqual({ ...source.counters.dropped }, { 'conduit-peer': 2, 'conduit-not-named': 1 })
  assert.deepEqual(gate.counts.byConduit.get('orders'), { passed: 1, refused: { 'conduit-peer': 2, 'conduit-not-named': 1 } })
})

test('a webhook whose conduit is cut does not listen, also where the conduit names addresses', async (t) => {
  const { source } = behind(t, { isCut: true })
  await assert.rejects(
    source.connect(t.signal),
    (error) => error instanceof NotConnected && /conduit orders: conduit-cut/.test(error.message),
  )
})
