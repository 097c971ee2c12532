import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { request } from 'node:http'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { type Fixture, json, PASSWORD, startFixture } from '../src/api/fixture.ts'
import { fingerprintOf, pinnedFetch } from '../src/cli/pinned.ts'
import { selfSigned, withoutOpenssl } from '../src/lib/certificates.fixture.ts'

const signal = AbortSignal.timeout(20_000)
const tokenOf = (api: Fixture) => new URL(api.signInLink?.replace('/#/', '/') ?? '').searchParams.get('token')

test('over TLS: 1.3 alone, cookies for TLS alone, browsers told to stay; the command line knows the node by its certificate', {
  skip: withoutOpenssl,
}, async () => {
  const tls = selfSigned('node')
  const api = await startFixture(1, { transport: { tls } })
  try {
    assert.match(api.url, /^https:/)
    const sha256 = fingerprintOf(new X509Certificate(tls.certificate).raw)
    const post = (path: string, body: object) =>
      pinnedFetch(`${api.url}${path}`, sha256, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal,
      })
    const made = await post('/api/v1/accounts', { token: tokenOf(api), name: 'ana', password: PASSWORD })
    assert.equal(made.status, 201)
    assert.match(made.headers.get('set-cookie') ?? '', /HttpOnly; Secure; SameSite=Strict$/)
    assert.equal(made.headers.get('strict-transport-security'), 'max-age=31536000')
    await assert.rejects(pinnedFetch(`${api.url}/api/v1/health/live`, '0'.repeat(64), { headers: {}, signal }), /not that of the node/)
    const { port } = new URL(api.url)
    for (const version of ['TLSv1.1', 'TLSv1.2'] as const) {
      const refused = await new Promise<string>((resolve) => {
        const socket = connect({
          host: '127.0.0.1',
          port: Number(port),
          minVersion: version,
          maxVersion: version,
          rejectUnauthorized: false,
        })
        socket.once('error', (error) => resolve(String(error)))
        socket.once('secureConnect', () => resolve('accepted'))
      })
      assert.notEqual(refused, 'accepted', version)
    }
    // Who shakes no hands is cut off as who sends no headers is.
    const started = performance.now()
    await new Promise((resolve) => {
      const socket = request({ host: '127.0.0.1', port, path: '/' })
      socket.on('error', resolve)
      socket.end()
    })
    assert.ok(performance.now() - started < 10_000)
  } finally {
    await api.close()
  }
})

test('headers of every answer; without TLS nothing is said of it', async () => {
  const api = await startFixture(1)
  try {
    for (const path of ['/', '/api/v1/health', '/nothing', '/api/v1/session']) {
      const { headers } = await api.call(path)
      for (const [name, value] of [
        ['content-security-policy', /default-src 'none'; script-src 'self'; style-src 'self'/],
        ['permissions-policy', /camera=\(\).*serial=\(\)/],
        ['x-content-type-options', /^nosniff$/],
        ['x-frame-options', /^DENY$/],
        ['referrer-policy', /^no-referrer$/],
        ['cross-origin-opener-policy', /^same-origin$/],
      ] as const)
        assert.match(headers.get(name) ?? '', value, `${path} ${name}`)
      assert.ok(!/unsafe/.test(headers.get('content-security-policy') ?? ''))
      assert.equal(headers.get('strict-transport-security'), null)
    }
  } finally {
    await api.close()
  }
})

/** The address that wrong passwords are counted against, as the audit log has it. */
async function seenFrom(transport: object): Promise<string[]> {
  const from: string[] = []
  const { noAudit } = await import('../src/core/audit.ts')
  const audit = { ...noAudit, note: async (event: { from?: string }) => void from.push(event.from ?? '') }
  const api = await startFixture(1, { transport, node: { audit } })
  try {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' }
    const answer = await api.call('/api/v1/session', { ...json({ name: 'x', password: 'y' }), headers })
    assert.equal(answer.headers.get('strict-transport-security'), 'proxies' in transport ? 'max-age=31536000' : null)
  } finally {
    await api.close()
  }
  return from
}

test('what a proxy says of a caller is believed of declared proxies only', async () => {
  assert.deepEqual(await seenFrom({}), ['127.0.0.1'])
  assert.deepEqual(await seenFrom({ proxies: ['127.0.0.1'] }), ['203.0.113.9'])
})
