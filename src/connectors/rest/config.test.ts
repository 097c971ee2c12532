import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressOf, nextOfHeader } from './address.ts'
import { restConfig } from './config.ts'
import { highest, isCursorValue, odataLiteral } from './cursor.ts'
import { REST_LIMITS } from './limits.ts'
import { lintRest } from './lint.ts'
import { keyOfId } from './odata.ts'

const parse = (feed: object, connection: object = {}) =>
  restConfig.parse({ url: 'https://aodb.example/api', records: [{ record: 'flight', path: 'flights', ...feed }], ...connection })
const codes = (feed: object, connection: object = {}) =>
  lintRest(parse(feed, connection)).map(({ code, path }) => `${code} ${path.join('.')}`)

test('what excludes or needs each other is said', () => {
  assert.deepEqual(codes({ snapshot: true }), [])
  assert.deepEqual(codes({ snapshot: true, cursor: { field: 'u', parameter: 'since' } }), ['E_REST_FEED records.0.snapshot'])
  assert.deepEqual(codes({ delta: true }), ['E_REST_FEED records.0.delta'])
  assert.deepEqual(codes({ cursor: { field: 'u' } }), ['E_REST_FEED records.0.cursor'])
  assert.deepEqual(codes({ paging: 'odata', cursor: { field: 'u', parameter: 'x' } }), ['E_REST_FEED records.0.cursor'])
  assert.deepEqual(codes({ key: ['id'], pageSize: 3 }), ['E_REST_FEED records.0.key', 'E_REST_FEED records.0.pageSize'])
  assert.deepEqual(codes({ paging: { page: 'p', until: 'short' } }), ['E_REST_FEED records.0.paging'])
})

test('http:// leaves this machine only where that is written', () => {
  const url = 'http://aodb.example'
  assert.deepEqual(codes({}, { url }), ['E_REST_PLAINTEXT url'])
  assert.deepEqual(codes({}, { url, insecure: true }), ['W_REST_PLAINTEXT url'])
  for (const near of ['http://127.0.0.1:80', 'http://localhost', 'http://[::1]:3']) assert.deepEqual(codes({}, { url: near }), [])
  const auth = { type: 'oauth2', tokenUrl: 'http://idp.example/t', clientId: 'a', clientSecret: 'b' }
  assert.deepEqual(codes({}, { auth }), ['E_REST_PLAINTEXT auth.tokenUrl'])
  assert.deepEqual(codes({}, { tls: { key: 'k' }, url: 'http://localhost' }), ['E_REST_TLS tls', 'E_REST_TLS tls'])
})

test('addresses that are none are refused', () => {
  for (const url of ['aodb.example', 'ftp://x', 'https://u:p@x', 'https://x?a=b', 'https://x#y'])
    assert.throws(() => parse({}, { url }), url)
  for (const path of ['/x', '//host/x', 'http://x', 'a?b', 'a#b', 'a b', '\\\\x']) assert.throws(() => parse({ path }), path)
})

test('what a file may ask for is bounded', () => {
  const at = (limit: number, ask: (count: number) => unknown) => {
    assert.doesNotThrow(() => ask(limit))
    assert.throws(() => ask(limit + 1))
  }
  assert.doesNotThrow(() => parse({ every: `${REST_LIMITS.everyMs}ms` }))
  assert.throws(() => parse({ every: `${REST_LIMITS.everyMs - 1}ms` }))
  at(REST_LIMITS.pages, (maxPages) => parse({ maxPages }))
  at(REST_LIMITS.bodyBytes, (bytes) => parse({}, { maxBody: `${bytes}B` }))
  at(REST_LIMITS.cursorValue, (length) => parse({ cursor: { field: 'u', parameter: 'since', start: 'x'.repeat(length) } }))
  at(REST_LIMITS.feeds, (count) => restConfig.parse({ url: 'https://x', records: Array(count).fill({ record: 'f', path: 'p' }) }))
  const seen = [REST_LIMITS.cursorValue, REST_LIMITS.cursorValue + 1].map((length) => isCursorValue('x'.repeat(length)))
  assert.deepEqual(seen, [true, false], 'a value of the system that is longer is nowhere to go on from')
})

test('an address of a feed is the url, the path and escaped parameters, on the same host always', () => {
  assert.equal(addressOf('https://x/api/', 'v1/f', { a: 'b c+d&e', $top: 5 }).href, 'https://x/api/v1/f?a=b%20c%2Bd%26e&$top=5')
  assert.equal(addressOf('https://x', '', {}).href, 'https://x/')
  fc.assert(
    fc.property(fc.string(), fc.dictionary(fc.string(), fc.string()), (path, query) => {
      const url = addressOf('https://x/api', path, query)
      assert.equal(url.origin, 'https://x')
      for (const [name, value] of Object.entries(query))
        assert.ok(url.searchParams.getAll(name.toWellFormed()).includes(value.toWellFormed()))
    }),
  )
})

test('the next link of a Link header', () => {
  // A server may make a header as long as it is read; that must not hold the node up.
  const begin = performance.now()
  for (const value of [`rel="${'next '.repeat(3_200)}`, 'rel="next '.repeat(1_500), `${'; '.repeat(8_000)}`, `rel=${' '.repeat(16_000)}`])
    nextOfHeader(`<https://x/1>; ${value}`)
  assert.ok(performance.now() - begin < 100, `${performance.now() - begin} ms`)
  assert.equal(nextOfHeader('<https://x/1>; rel="prev", <https://x/3?a=1,2>; title="a, b"; rel="next"'), 'https://x/3?a=1,2')
  assert.equal(nextOfHeader('</3>; rel=next'), '/3')
  assert.equal(nextOfHeader('</3>; rel="last next"'), '/3')
  for (const none of [undefined, '', '</3>', '</3>; rel="nextest"', '</3; rel=next', 'rel=next'])
    assert.equal(nextOfHeader(none), undefined)
  fc.assert(fc.property(fc.string(), (header) => void nextOfHeader(header)))
})

test('the highest value: numbers, numbers beyond 2^53, times of two zones, text', () => {
  const of = (...values: unknown[]) =>
    highest(
      values.map((u) => ({ u })),
      ['u'],
      undefined,
    )
  assert.equal(of(9, 10, null, 2), 10)
  assert.equal(of(9, '9007199254740993', '9007199254740992'), '9007199254740993')
  assert.equal(of('2026-11-27T10:00:00+02:00', '2026-11-27T09:00:00Z'), '2026-11-27T09:00:00Z')
  assert.equal(of('a', 'c', 'b'), 'c')
  assert.equal(of({}, true, 'x'.repeat(1025), ''), undefined)
})

test('OData literals and keys', () => {
  assert.equal(odataLiteral("O'Neil"), "'O''Neil'")
  assert.equal(odataLiteral(7), '7')
  assert.equal(odataLiteral('2026-11-27T09:00:00Z'), '2026-11-27T09:00:00Z')
  assert.deepEqual(keyOfId("https://x/odata/Flights('AF''1')", ['Id']), { Id: "AF'1" })
  assert.deepEqual(keyOfId("Legs(Flight='A,F',Number=2)", undefined), { Flight: 'A,F', Number: '2' })
  for (const none of ['Flights', 'Flights()', "Flights('a'", 'Flights(%zz)', "Flights('a',b)"])
    assert.equal(keyOfId(none, undefined), undefined, none)
  fc.assert(fc.property(fc.string(), (id) => void keyOfId(`X(${id})`, ['Id'])))
})
