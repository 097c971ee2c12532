import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Fixture, json, startFixture } from '../../src/api/fixture.ts'
import { API_LIMITS } from '../../src/api/limits.ts'
import { Throttle } from '../../src/api/people/throttle.ts'
import { ManualClock } from '../../src/core/manual-clock.ts'

/** What peers got wrong on HTTP, tried against a running API. Sign-in and roles have tests of their own. */

const PUBLIC_WITHOUT_SIGN_IN = 401

/** A request written by hand, for what fetch would not send. */
function raw(
  api: Fixture,
  options: { path?: string; method?: string; headers?: Record<string, string> },
): Promise<{ status: number; text: string }> {
  const { port } = new URL(api.url)
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/api/v1/health', agent: false, ...options }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('strangers', () => {
  let api: Fixture
  before(async () => {
    api = await startFixture(3)
    await api.signIn()
  })
  after(() => api.close())

  test('Node-RED’s open default, CVE-2026-77052 (boneIO): no header of a proxy opens a route', async () => {
    const tricks: Record<string, string>[] = [
      { 'x-forwarded-for': '127.0.0.1' },
      { 'x-forwarded-host': '127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/api/v1/session' },
      { 'x-original-url': '/api/v1/session', 'x-rewrite-url': '/api/v1/session' },
      { 'x-real-ip': '127.0.0.1', forwarded: 'for=127.0.0.1;host=localhost' },
      { 'x-http-method-override': 'GET', 'x-remote-user': 'ana', 'x-forwarded-user': 'ana' },
      { authorization: 'Bearer null' },
      { authorization: 'Bearer undefinedundefinedundefined' },
      { authorization: 'Basic YWRtaW46YWRtaW4=' },
      { cookie: 'session=admin; ecluse-session-0=admin' },
    ]
    for (const headers of tricks) {
      const answer = await raw(api, { headers })
      assert.ok(answer.status === PUBLIC_WITHOUT_SIGN_IN || answer.status === 421, `${JSON.stringify(headers)}: ${answer.status}`)
    }
  })

  test('CVE-2021-21298 (Node-RED), CVE-2026-25895 (FUXA): no address leaves the folder of the pages, and nothing takes an upload', async () => {
    const directory = join(api.directory, 'pages')
    mkdirSync(join(directory, 'assets'), { recursive: true })
    writeFileSync(join(directory, 'index.html'), '<!doctype html><title>x</title>')
    writeFileSync(join(directory, '..', 'secret.txt'), 'secret')
    const pages = await startFixture(1, { webDirectory: directory })
    try {
      for (const path of [
        ...['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/%2e%2e%2fsecret.txt', '/assets/../../secret.txt'],
        ...[
          '/assets/..%5c..%5csecret.txt',
          '/%252e%252e/secret.txt',
          '//secret.txt',
          '/./../secret.txt',
          '/..;/secret.txt',
          '/%c0%ae%c0%ae/secret.txt',
        ],
        ...['/index.html/../../secret.txt', '/secret.txt%00.html', '/local-token', '/accounts.json'],
      ]) {
        const { status, text } = await raw(pages, { path })
        assert.ok(status >= 400 && status < 500, `${path}: ${status}`)
        assert.doesNotMatch(text, /secret\b(?!\.txt)/)
      }
      for (const { method, url, permission } of api.routes) assert.ok(permission, `${method} ${url} has no permission`)
      for (const type of [
        'multipart/form-data; boundary=x',
        'application/octet-stream',
        'application/x-www-form-urlencoded',
        'text/xml',
        'image/svg+xml',
      ]) {
        const answer = await api.call('/api/v1/query', { method: 'POST', headers: { 'content-type': type }, body: 'x' })
        assert.equal(answer.status, 415, type)
      }
    } finally {
      await pages.close()
    }
  })

  test('what is no address, or names two hosts, is answered like everything else: our words, the same headers', async () => {
    const { hostname, port } = new URL(api.url)
    const ask = (head: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), hostname)
        let text = ''
        socket.setEncoding('utf8').on('data', (part) => (text += part))
        socket.on('close', () => resolve(text)).on('error', reject)
        socket.write(`${head}\r\nconnection: close\r\n\r\n`)
      })
    const host = `host: ${hostname}:${port}`
    for (const [head, status, code] of [
      [`GET /% HTTP/1.1\r\n${host}`, 404, 'not-found'],
      [`GET /api/v1/signals/%ff HTTP/1.1\r\n${host}`, 404, 'not-found'],
      [`GET /api/v1/records/${'x'.repeat(300)}/x HTTP/1.1\r\n${host}`, 404, 'not-found'],
      [`GET /api/v1/session HTTP/1.1\r\n${host}\r\nhost: evil.example`, 400, 'two-hosts'],
      [`GET /api/v1/session HTTP/1.1\r\nhost: evil.example\r\n${host}`, 421, 'unknown-host'],
    ] as const) {
      const answer = await ask(head)
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), head)
      assert.match(answer, new RegExp(`"code":"${code}"`), head)
      assert.doesNotMatch(answer, /FST_|fastify/i)
      for (const header of ['content-security-policy', 'x-content-type-options', 'cache-control: no-store', 'x-frame-options'])
        assert.ok(answer.toLowerCase().includes(`\r\n${header}`), `${header} of ${head}`)
    }
  })

  test('CVE-2021-21297 (Node-RED): keys of prototypes in a body are refused, and no prototype is changed', async () => {
    for (const body of [
      '{"__proto__":{"polluted":1},"sql":"SELECT 1"}',
      '{"sql":"SELECT 1","constructor":{"prototype":{"polluted":1}}}',
      '[[["__proto__"]]]',
    ])
      assert.equal((await api.call('/api/v1/query', { ...json({}), body })).status, 400, body)
    const asked = await api.call('/api/v1/signals?__proto__[polluted]=1&constructor[prototype][polluted]=1&match=**')
    assert.ok(asked.status < 500)
    assert.deepEqual([({} as { polluted?: number }).polluted, Object.keys(Object.prototype)], [undefined, []])
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
    assert.equal((await api.call('/api/v1/query', { ...json({}), body: deep })).status, 400)
  })

  test('CVE-2022-35871 (Ignition): a stranger’s body is not read before he is known', async () => {
    for (const { method, url, permission } of api.routes) {
      if (method !== 'POST' || permission === 'public') continue
      const answer = await fetch(`${api.url}${url}`, { method, headers: { 'content-type': 'application/json' }, body: '{"broken' })
      assert.equal(answer.status, 401, `${method} ${url}`)
    }
  })

  test('CVE-2026-25938 (FUXA): what a plug-in of the server adds passes the same gate', async () => {
    // The description of the API, the pages and the metrics come from packages of others.
    for (const path of ['/api/v1/openapi.json', '/metrics', '/documentation', '/documentation/json', '/api/v1/writes'])
      assert.ok([401, 404].includes((await raw(api, { path })).status), path)
    for (const method of ['OPTIONS', 'TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'CONNECT_'])
      assert.ok(
        [400, 401, 403, 404].includes((await raw(api, { method, path: '/api/v1/signals' }).catch(() => ({ status: 400 }))).status),
        method,
      )
  })

  test('CVE-2026-63248 (Eclipse Milo), CVE-2023-31048 (OPC UA .NET): strangers learn no figures, and errors say nothing of the inside', async () => {
    for (const path of ['/metrics', '/api/v1/health', '/api/v1/connections', '/api/v1/audit', '/api/v1/evidence'])
      assert.ok([401, 404].includes((await raw(api, { path })).status), path)
    const broken = await startFixture(1, {
      node: {
        ledger: () => Promise.reject(new Error('/var/lib/secret/ledger.bin: EACCES')),
        connections: () => {
          throw new TypeError('secretFunction is not a function')
        },
      },
    })
    try {
      await broken.signIn()
      for (const path of ['/api/v1/ledger', '/api/v1/health']) {
        const answer = await broken.call(path)
        const text = await answer.text()
        assert.doesNotMatch(text, /secret|EACCES|node_modules|\.ts|at /, path)
        assert.ok(!answer.headers.has('server') && !answer.headers.has('x-powered-by'))
      }
    } finally {
      await broken.close()
    }
  })

  test('CVE-2025-34282 (ThingsBoard): no route fetches what a caller names', async () => {
    const description = JSON.stringify(await (await api.call('/api/v1/openapi.json')).json())
    for (const name of ['url', 'uri', 'href', 'endpoint', 'callback', 'webhook', 'image', 'svg', 'host'])
      assert.doesNotMatch(description, new RegExp(`"name":"${name}"`), name)
    const api2 = join(import.meta.dirname, '../../src/api')
    for (const file of ['index.ts', 'query.ts', 'signals.ts', 'web.ts'])
      assert.doesNotMatch(readFileSync(join(api2, file), 'utf8'), /\bfetch\(|node:https?'/)
  })

  test('CVE-2023-45303 (ThingsBoard): names that look like templates come back as they are', async () => {
    for (const text of ['${7*7}', '{{7*7}}', '<%= 7*7 %>', '#{7*7}', '<#assign x=7*7>']) {
      const answer = await api.call(`/api/v1/signals?match=${encodeURIComponent(text)}`)
      assert.doesNotMatch(await answer.text(), /\b49\b/, text)
    }
  })
})

test('CVE-2023-0809, CVE-2017-7651 (Mosquitto): before anybody has said who he is, little is kept of what he sends', async () => {
  const api = await startFixture(1)
  try {
    const { port } = new URL(api.url)
    const before = process.memoryUsage().rss
    const socket = connect(Number(port), '127.0.0.1')
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => undefined)
    socket.resume()
    socket.write('POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n')
    const chunk = Buffer.alloc(64 * 1024, '[')
    let sent = 0
    const more = () => {
      while (!socket.destroyed && sent < 64 * 1024 * 1024 && socket.write(chunk)) sent += chunk.length
    }
    socket.on('drain', more)
    more()
    await closed
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024)
  } finally {
    await api.close()
  }
})

test('CVE-2026-54156 (node-opcua): what is remembered of strangers has a bound', () => {
  const throttle = new Throttle(new ManualClock(0))
  const by = (key: string) => [{ key, free: 5, longestMs: 300_000 }]
  for (let i = 0; i < API_LIMITS.throttled + 100; i++) throttle.failed(by(`10.0.${i >> 8}.${i & 255}`))
  for (let i = 0; i < 8; i++) throttle.failed(by('10.9.9.9'))
  assert.throws(() => throttle.admit(by('10.9.9.9')))
  // The oldest gave way: it may try at once although it failed as often as it could.
  for (let i = 0; i < API_LIMITS.throttled; i++) throttle.failed(by(`name ${i}`))
  assert.doesNotThrow(() => throttle.admit(by('10.9.9.9')))
})

test('CVE-2023-33831, CVE-2026-43947 (FUXA), CVE-2026-58080 (Eclipse Milo): asked of the running server: no switch of the environment changes what a stranger may', async () => {
  const names = ['NODE_ENV', 'ECLUSE_TEST', 'ECLUSE_DEV', 'DEBUG', 'TEST'] as const
  const kept = names.map((name) => process.env[name])
  for (const name of names) process.env[name] = name === 'NODE_ENV' ? 'test' : '1'
  const api = await startFixture(1)
  try {
    for (const { method, url, permission } of api.routes)
      if (permission !== 'public') assert.equal((await fetch(`${api.url}${url}`, { method })).status, 401, url)
  } finally {
    await api.close()
    for (const [i, name] of names.entries()) {
      if (kept[i] === undefined) delete process.env[name]
      else process.env[name] = kept[i]
    }
  }
})
