import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runsOfMessage } from '../../core/message-rows.ts'
import { natsConfig } from './config.ts'
import { NATS_LIMITS } from './limits.ts'
import { lintNats } from './lint.ts'
import { asMessage } from './records.ts'

const feed = { record: 'flight', subject: 'it.flights.*' }
const base = { url: 'tls://nats.example', records: [feed] }
const parse = (keys: object) => natsConfig.parse({ ...base, ...keys })
const codes = (keys: object) => lintNats(parse(keys)).map(({ code }) => code)

test('unencrypted lines leave this machine only where that is written', () => {
  assert.deepEqual(codes({}), [])
  assert.deepEqual(codes({ url: 'nats://nats.example:4222' }), ['E_NATS_PLAINTEXT'])
  assert.deepEqual(codes({ url: 'nats://nats.example', insecure: true }), ['W_NATS_PLAINTEXT'])
  assert.deepEqual(codes({ url: 'nats://[::1]:4222', tls: { key: 'k' } }), ['E_NATS_TLS', 'E_NATS_TLS'])
  const stream = { name: 'S', durable: 'd' }
  assert.deepEqual(
    codes({
      records: [
        { ...feed, stream },
        { ...feed, stream },
      ],
    }),
    ['E_NATS_DURABLE'],
  )
})

test('subjects, names and sizes that are none are refused', () => {
  for (const subject of ['', 'a b', 'a..b', '.a', 'a.', 'a.>.b', 'a*b', 'a.b>'])
    assert.throws(() => parse({ records: [{ ...feed, subject }] }), subject)
  for (const subject of ['>', '*', 'a.*.b.>', '$JS.x']) assert.ok(parse({ records: [{ ...feed, subject }] }))
  for (const url of ['nats.example', 'http://x', 'nats://u:p@x']) assert.throws(() => parse({ url }))
  assert.throws(() => parse({ records: [{ ...feed, stream: { name: 'a.b', durable: 'd' } }] }))
  assert.throws(() => parse({ maxMessage: '17MiB' }), /16MiB/)
  assert.throws(() => parse({ records: Array(NATS_LIMITS.feeds + 1).fill(feed) }))
})

test('a part of a subject that is too long becomes no column', () => {
  const [declared] = parse({ records: [{ ...feed, columns: { id: { subject: 2 }, more: { subject: 9 } } }] }).records
  const columns = (part: string) => asMessage({ data: new Uint8Array(), subject: `it.${part}` }, 0, declared as never).columns
  assert.deepEqual(columns('x'), { id: 'x' })
  assert.deepEqual(columns('x'.repeat(NATS_LIMITS.columnLength + 1)), {})
})

test('values of a message are bounded', () => {
  const value = new TextEncoder().encode(`[${'1,'.repeat(NATS_LIMITS.values)}1]`)
  const [run] = runsOfMessage(
    { feed: 0, value, columns: {}, isDeletion: false },
    { maxBytes: NATS_LIMITS.messageBytes, bounds: NATS_LIMITS },
  )
  assert.equal(run?.unreadable?.[0]?.reason, 'more than 1000000 values')
})
