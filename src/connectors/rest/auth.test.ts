import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import type { CheckStep } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { testRunner } from '../../core/record-source.fixture.ts'
import { selfSigned, withoutOpenssl } from '../../lib/certificates.fixture.ts'
import { restConfig } from './config.ts'
import { rest } from './index.ts'
import { REST_LIMITS } from './limits.ts'
import { RestRecords } from './records.ts'
import { createRestSimulator } from './simulator.ts'

async function listening(t: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const records = [{ record: 'flight', path: 'rows', every: '1s' }]

test('basic, bearer and header say who we are', async (t) => {
  const asked: IncomingMessage['headers'][] = []
  const server = createServer(({ headers }, response) => void response.end(asked.push(headers) && '[]'))
  const url = `http://${await listening(t, server)}`
  for (const auth of [
    { type: 'basic', user: 'écluse', password: 'a:b' },
    { type: 'bearer', token: 't0k.en' },
    { type: 'header', name: 'X-Api-Key', value: 'k 1' },
  ]) {
    const source = new RestRecords(restConfig.parse({ url, auth, records }), testRunner().context)
    await source.connect(t.signal)
    await source.read(t.signal)
    await source.close()
  }
  assert.equal(Buffer.from(asked[0]?.authorization?.slice(6) ?? '', 'base64').toString(), 'écluse:a:b')
  assert.equal(asked[1]?.authorization, 'Bearer t0k.en')
  assert.equal(asked[2]?.['x-api-key'], 'k 1')
  for (const token of ['a\r\nx: y', 'é', ' a']) assert.throws(() => restConfig.parse({ url, auth: { type: 'bearer', token }, records }))
})

/** A token address that counts, and rows for the token it gave last. */
async function oauth(t: TestContext, answer: () => string | undefined) {
  const clock = new ManualClock(0)
  let [given, valid] = [0, '']
  const forms: string[] = []
  const listener: RequestListener = async (request, response) => {
    if (request.url !== '/token') return response.writeHead(request.headers.authorization === `Bearer ${valid}` ? 200 : 401).end('[]')
    let form = ''
    for await (const chunk of request) form += chunk
    forms.push(`${Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64')} ${form}`)
    valid = `token-${++given}`
    const text = answer()
    return text === undefined ? response.writeHead(400).end('{"error":"invalid_client"}') : response.end(text.replace('TOKEN', valid))
  }
  const url = `http://${await listening(t, createServer(listener))}`
  const auth = { type: 'oauth2', tokenUrl: `${url}/token`, clientId: 'éc:luse', clientSecret: 'se cret', scope: 'flights.read' }
  const source = new RestRecords(restConfig.parse({ url, auth, records }), testRunner({ clock }).context)
  t.after(() => source.close())
  await source.connect(t.signal)
  return { clock, source, forms, given: () => given, revoke: () => (valid = 'none') }
}

test('oauth2: a token is asked for once, again before it ends, and again when it is revoked', async (t) => {
  const { clock, source, forms, given, revoke } = await oauth(t, () => '{"access_token":"TOKEN","expires_in":3600}')
  await source.read(t.signal)
  await source.read(t.signal)
  assert.equal(given(), 1)
  assert.equal(forms[0], '%C3%A9c%3Aluse:se+cret grant_type=client_credentials&scope=flights.read')
  await clock.advance(3_570_000)
  await source.read(t.signal)
  assert.equal(given(), 2)
  revoke()
  await source.read(t.signal)
  assert.equal(given(), 3)
})

test('oauth2: no token, a strange one, and one the system does not want', async (t) => {
  const said = async (answer: string | undefined) =>
    (await oauth(t, () => answer)).source.read(t.signal).then(String, (error) => `${error.message} ${error.hint}`)
  assert.match(await said(undefined), /gives no token: status 400 .*clientSecret/)
  assert.match(await said('{"access_token":7}'), /without a token/)
  assert.match(await said('{"access_token":"a\\r\\nb"}'), /without a token/)
  assert.match(await said(`{"x":"${'x'.repeat(REST_LIMITS.tokenBytes)}"}`), /more than 65536 bytes/)
  assert.match(await said('{"access_token":"other","expires_in":3600}'), /answers 401 \(not authenticated\).*credentials/)
})

test('TLS: the authority that was given, our certificate, and nobody else', { skip: withoutOpenssl }, async (t) => {
  const [server, client] = [selfSigned('server'), selfSigned('client')]
  const peers: string[] = []
  const listener: RequestListener = ({ socket }, response) => {
    peers.push((socket as TLSSocket).getPeerCertificate().subject?.CN as string)
    response.end('[{"a":1}]')
  }
  const options = { cert: server.certificate, key: server.key, ca: client.certificate, requestCert: true }
  const url = `https://${await listening(t, createTlsServer(options, listener))}`
  const read = async (tls: object | undefined) => {
    const source = new RestRecords(restConfig.parse({ url, records, ...(tls && { tls }) }), testRunner().context)
    await source.connect(t.signal)
    return source.read(t.signal).finally(() => source.close())
  }
  assert.deepEqual((await read({ ca: server.certificate, certificate: client.certificate, key: client.key })).rows, [{ a: 1 }])
  assert.deepEqual(peers, ['client'])
  await assert.rejects(read(undefined), (error) => error instanceof NotConnected && /tls\.ca/.test(error.hint ?? ''))
  const wrongName = { ca: server.certificate, certificate: client.certificate, key: client.key, serverName: 'other.example' }
  await assert.rejects(read(wrongName), (error) => error instanceof NotConnected && /another name/.test(error.hint ?? ''))
  assert.throws(() => restConfig.parse({ url, records, tls: { ca: '/etc/ca.pem' } }), /PEM text/)
})

async function checked(config: object, t: TestContext): Promise<CheckStep[]> {
  const steps: CheckStep[] = []
  for await (const step of rest.check(restConfig.parse(config), testRunner().context as never, t.signal))
    steps.push({ ...step, latencyMs: 0 })
  return steps
}

test('check shows what each feed answers, and ends with what fails', async (t) => {
  const simulator = await createRestSimulator({ key: ['id'], rows: [{ id: 'AF1', gate: 'B1' }], token: 'right' })
  t.after(() => simulator.stop())
  const feed = { record: 'flight', path: 'rows', rows: 'items' }
  const good = { url: simulator.url, auth: { type: 'bearer', token: 'right' }, records: [feed, { ...feed, path: 'no' }] }
  assert.deepEqual(await checked(good, t), [
    { step: 'flight rows', ok: true, detail: '1 rows in the first answer; columns id, gate', latencyMs: 0 },
    {
      step: 'answer',
      ok: false,
      detail: `${simulator.url}/no answers 404 (not found)`,
      hint: 'correct url and path: the server has nothing there',
      fault: { code: 'http-status', values: { peer: `${simulator.url}/no`, status: 404 } },
      latencyMs: 0,
    },
  ])
  const [refused] = await checked({ ...good, auth: { type: 'none' } }, t)
  assert.match(`${refused?.detail} ${refused?.hint}`, /answers 401 .*credentials/)
})
