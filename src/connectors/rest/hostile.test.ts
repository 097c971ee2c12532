import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { NotConnected } from '../../core/errors.ts'
import { testRunner } from '../../core/record-source.fixture.ts'
import { restConfig } from './config.ts'
import { REST_LIMITS } from './limits.ts'
import { RestRecords } from './records.ts'

async function listening(t: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A source of one feed at a server of ours. */
async function reading(t: TestContext, url: string, feed: object = {}, connection: object = {}) {
  const config = restConfig.parse({ url, records: [{ record: 'flight', path: 'rows', ...feed }], ...connection })
  const source = new RestRecords(config, testRunner().context)
  t.after(() => source.close())
  await source.connect(t.signal)
  return source
}

async function at(t: TestContext, listener: RequestListener, feed: object = {}, connection: object = {}) {
  const server = createServer(listener)
  t.after(() => server.closeAllConnections())
  return reading(t, await listening(t, server), feed, connection)
}

async function refused(source: RestRecords, message: RegExp, hint?: RegExp): Promise<void> {
  const limit = AbortSignal.timeout(20_000)
  await assert.rejects(
    async () => {
      for (;;) await source.read(limit)
    },
    (error) => {
      assert.ok(error instanceof NotConnected, String(error))
      assert.match(error.message, message)
      if (hint) assert.match(error.hint ?? '', hint)
      return true
    },
  )
}

const json = { 'content-type': 'application/json' }

test('no link and no redirection leaves the host', async (t) => {
  const away = 'http://127.0.0.2:1/x'
  const link: RequestListener = (_, response) => void response.writeHead(200, { ...json, link: `<${away}>; rel="next"` }).end('[{"a":1}]')
  await refused(await at(t, link, { paging: { next: 'Link header' } }), /another host, http:\/\/127\.0\.0\.2:1: refused/)
  const body: RequestListener = (_, response) => void response.end(`{"value":[],"@odata.nextLink":"${away}"}`)
  await refused(await at(t, body, { paging: 'odata' }), /another host/)
  const delta: RequestListener = (_, response) => void response.end(`{"value":[],"@odata.deltaLink":"${away}"}`)
  await refused(await at(t, delta, { paging: 'odata', delta: true }), /another host/)
  const file: RequestListener = (_, response) => void response.end('{"rows":[],"next":"file:///etc/passwd"}')
  await refused(await at(t, file, { rows: 'rows', paging: { next: 'next' } }), /another host/)
  const moved: RequestListener = (_, response) => void response.writeHead(302, { location: away }).end()
  await refused(await at(t, moved), /redirects to another host/, /really has/)
})

test('redirections within the host are followed, a few', async (t) => {
  const once: RequestListener = ({ url }, response) =>
    void (url === '/rows' ? response.writeHead(307, { location: '/there' }).end() : response.end('[{"a":1}]'))
  assert.deepEqual((await (await at(t, once)).read(t.signal)).rows, [{ a: 1 }])
  const round: RequestListener = (_, response) => void response.writeHead(307, { location: '/rows' }).end()
  await refused(await at(t, round), new RegExp(`redirects more than ${REST_LIMITS.redirects} times`))
})

test('pages that go round, that repeat and that never end', async (t) => {
  const round: RequestListener = ({ url }, response) =>
    void response.end(`{"rows":[{"a":1}],"next":"/rows?p=${url === '/rows?p=1' ? 2 : 1}"}`)
  await refused(await at(t, round, { rows: 'rows', paging: { next: 'next' } }), /leads round in a circle/)
  const same: RequestListener = (_, response) => void response.end('[{"a":1}]')
  await refused(await at(t, same, { paging: { page: 'page' } }), /two pages with the same rows/, /does not heed/)
  let page = 0
  const endless: RequestListener = (_, response) => void response.end(`[{"a":${page++}}]`)
  await refused(await at(t, endless, { paging: { page: 'page' }, maxPages: 5 }), /more than 5 pages/)
  assert.equal(page, 5)
  const long: RequestListener = (_, response) => void response.end(`{"rows":[],"next":"/${'x'.repeat(REST_LIMITS.linkLength)}"}`)
  await refused(await at(t, long, { rows: 'rows', paging: { next: 'next' } }), /longer than 8192/)
})

test('bytes are bounded: said beforehand, or while they come', async (t) => {
  const said: RequestListener = (_, response) => void response.writeHead(200, { 'content-length': 2_000 }).end('x'.repeat(2_000))
  await refused(await at(t, said, {}, { maxBody: '1kB' }), /more than 1000 bytes/, /maxBody/)
  const endless: RequestListener = (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write('[1,'.repeat(1000)));
    }
    response.on('drain', more)
    more()
  }
  await refused(await at(t, endless, {}, { maxBody: '100kB' }), /more than 100000 bytes/)
  const head: RequestListener = (_, response) => void response.writeHead(200, { x: 'x'.repeat(REST_LIMITS.headerBytes) }).end('[]')
  await refused(await at(t, head), /bytes of header/)
  assert.throws(() => restConfig.parse({ url: 'http://x', records: [{ record: 'f', path: 'p' }], maxBody: '65MiB' }), /64MiB/)
})

test('time is bounded, whether nothing comes or too little', async (t) => {
  await refused(await at(t, () => {}, {}, { timeout: '30ms' }), /took more than 30 ms/)
  const drip: RequestListener = (_, response) => {
    const timer = setInterval(() => response.write(' '), 5)
    response.once('close', () => clearInterval(timer))
  }
  await refused(await at(t, drip, {}, { timeout: '50ms' }), /took more than 50 ms/)
})

test('what is no JSON, no list, too deep, compressed or no HTTP', async (t) => {
  const says = (text: string, headers = {}) =>
    at(t, (_, response) => void response.writeHead(200, { ...json, ...headers }).end(text), { rows: 'a.b' })
  await refused(await says('<html>', { 'content-type': 'text/html; charset=utf-8' }), /does not answer with JSON/, /login/)
  await refused(await says('{"a":'), /cannot be read: no JSON/)
  await refused(await says('{"a":{}}'), /nothing at a\.b/, /correct `rows`/)
  await refused(await says('{"a":{"b":7}}'), /neither a list nor a map/)
  await refused(await says('['.repeat(REST_LIMITS.depth + 1)), /more than 64 lists/)
  await refused(await says(`[${'0,'.repeat(REST_LIMITS.values)}0]`), /more than 4000000 values/)
  await refused(await says('x', { 'content-encoding': 'gzip' }), /compressed/)
  const mixed = await (await says('{"a":{"b":[{"id":1},7,null]}}')).read(t.signal)
  assert.deepEqual([mixed.rows, mixed.unreadable?.map(({ row }) => row)], [[{ id: 1 }], ['7', 'null']])
  const other = createTcpServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
  await refused(await reading(t, await listening(t, other)), /does not answer in HTTP/)
  const cut = createTcpServer((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{"a"'))
  await refused(await reading(t, await listening(t, cut)), /aborted|ECONNRESET|closed/)
})

test('a missing list deletes nothing: the snapshot ends with an error, not with nothing', async (t) => {
  const source = await at(t, (_, response) => void response.end('{"error":"no rights"}'), { rows: 'items', snapshot: true })
  await refused(source, /nothing at items/)
})

test('a server that is not there', async (t) => {
  const server = createTcpServer()
  const url = await listening(t, server)
  await new Promise((resolve) => server.close(resolve))
  await refused(await reading(t, url), /ECONNREFUSED/, /nothing listens there/)
})

test('close makes a pending read settle', async (t) => {
  const asked = Promise.withResolvers<void>()
  const source = await at(t, () => asked.resolve())
  const pending = assert.rejects(source.read(t.signal), /closed/)
  await asked.promise
  await source.close()
  await source.close()
  await pending
})

test('no error tells a secret, a parameter or a body', async (t) => {
  const secret = 'hunter2-s3cret'
  const auths = [
    { type: 'basic', user: 'u', password: secret },
    { type: 'bearer', token: secret },
    { type: 'header', name: 'x-api-key', value: secret },
  ]
  const feed = { query: { apikey: secret } }
  const answers: RequestListener[] = [
    (_, response) => void response.writeHead(401).end(secret),
    (_, response) => void response.writeHead(500).end(secret),
    (_, response) => void response.end(`{"a": ${secret}`),
    (_, response) => void response.writeHead(302, { location: `http://x:${secret}@127.0.0.2/?k=${secret}` }).end(),
    (_, response) => void response.destroy(),
  ]
  for (const auth of auths)
    for (const listener of answers) {
      const source = await at(t, listener, feed, { auth })
      const error = await source.read(t.signal).then(
        () => assert.fail('must throw'),
        (thrown) => thrown,
      )
      assert.ok(error instanceof NotConnected)
      assert.doesNotMatch(`${inspect(error, { depth: 9 })} ${error.hint}`, /hunter2/)
    }
})
