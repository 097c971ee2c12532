import assert from 'node:assert/strict'
import { cpSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import * as tls from 'node:tls'
import { NotConnected } from '../../core/errors.ts'
import { LinkRefused, type Peer } from '../../core/link.ts'
import { DAY, systemClock } from '../../core/time.ts'
import { linkConfig } from '../config.ts'
import { EnrolmentRefused, IdentityError } from '../identity/errors.ts'
import { identityDirectory, openDialIdentity } from '../identity/hub.ts'
import { IDENTITY_LIMITS } from '../identity/limits.ts'
import { openRegistry } from '../identity/registry.ts'
import { enrolledEdge, folder, startHub } from './hub.fixture.ts'
import { dial, enroll } from './tls.ts'

const refusal = (code: string) => (error: unknown) => error instanceof LinkRefused && error.code === code
const text = (frame: Uint8Array) => new TextDecoder().decode(frame)
const bytes = (words: string) => new TextEncoder().encode(words)

test('a node enrols once, dials, and both ends know who the other is; frames go both ways, whole and in order', async () => {
  const hub = await startHub()
  const edge = await enrolledEdge(hub, 'edge-1')
  const channel = await edge.dial()
  const at = await hub.nextChannel()
  assert.equal(channel.peer.node, 'hub-1')
  assert.deepEqual([at.peer.node, at.peer.address], ['edge-1', '127.0.0.1'])
  assert.equal(at.peer.certificate, hub.identity.registry.node('edge-1')?.certificates[0]?.serial)
  assert.ok((at.peer.notAfter ?? 0) > systemClock.now() + 89 * DAY)
  const large = new Uint8Array(3_000_000).map((_, index) => index % 251)
  await Promise.all([channel.send(bytes('one')), channel.send(new Uint8Array()), channel.send(large), at.send(bytes('back'))])
  assert.equal(text(await at.receive()), 'one')
  assert.equal((await at.receive()).length, 0)
  assert.deepEqual(await at.receive(), large)
  assert.equal(text(await channel.receive()), 'back')
  await channel.send(bytes('last'))
  await channel.close()
  assert.equal(text(await at.receive()), 'last')
  await assert.rejects(at.receive(), NotConnected)
  await assert.rejects(channel.send(bytes('late')), NotConnected)
  assert.equal(hub.listener.counters.door.admitted, 1)
})

test('several nodes at one hub', async () => {
  const hub = await startHub()
  for (const node of ['edge-1', 'ligne-été', 'edge:3']) {
    const channel = await (await enrolledEdge(hub, node)).dial()
    const at = await hub.nextChannel()
    assert.equal(at.peer.node, node)
    await at.send(bytes(node))
    assert.equal(text(await channel.receive()), node)
  }
})

test('a token is good once, for its time, and at its own hub only', async () => {
  const hub = await startHub()
  const other = await startHub()
  const enrol = (token: string) => enroll({ token, directory: folder(), clock: systemClock })
  const code = (wanted: string) => (error: unknown) =>
    (error instanceof EnrolmentRefused || error instanceof IdentityError) && error.code === wanted
  const token = await hub.token('edge-1')
  await enrol(token)
  await assert.rejects(enrol(token), code('token-used'))
  await assert.rejects(enrol(await hub.token('edge-2', { lifetimeMs: -1 })), code('token-expired'))
  // Another hub answers at the address: it learns nothing, and the token stays good.
  const led = await hub.token('edge-3', { address: other.address })
  await assert.rejects(enrol(led), code('wrong-hub'))
  await assert.rejects(enrol(await other.token('edge-4', { address: hub.address })), code('wrong-hub'))
  await assert.rejects(enrol('nonsense'), code('bad-token'))
  await assert.rejects(enrol(await hub.token('edge-5', { address: '127.0.0.1:1' })), NotConnected)
  assert.deepEqual(other.listener.counters.door.refused, {})
  assert.equal(other.identity.enrolment.counters.enrolled, 0)
  assert.equal(hub.identity.enrolment.counters.refused['token-used'], 1)
})

test('revoked: an open link ends at once, dialling again is refused with the reason; so for a revocation by another process', async () => {
  const hub = await startHub()
  for (const byOtherProcess of [false, true]) {
    const node = byOtherProcess ? 'edge-2' : 'edge-1'
    const edge = await enrolledEdge(hub, node)
    const channel = await edge.dial()
    const at = await hub.nextChannel()
    const { registry } = byOtherProcess
      ? { registry: await openRegistry({ directory: identityDirectory(hub.data), clock: systemClock, anySerial: false }) }
      : hub.identity
    const started = performance.now()
    await registry.revoke(node, 'tester', 'stolen')
    await assert.rejects(at.receive(), refusal('revoked'))
    await assert.rejects(channel.receive(), NotConnected)
    assert.ok(performance.now() - started < 5_000)
    await assert.rejects(edge.dial(), (error: unknown) => refusal('revoked')(error) && /stolen/.test(String(error)))
    // Let in again with a new token, under the same name; the old certificate stays out.
    const old = folder()
    cpSync(edge.data, old, { recursive: true })
    await enroll({ token: await hub.token(node), directory: identityDirectory(edge.data), clock: systemClock, mayReplace: true })
    await (await edge.dial()).close()
    await hub.nextChannel()
    const before = await openDialIdentity({ data: old, link: linkConfig.parse({}) })
    await assert.rejects(dial({ address: hub.address, identity: before, clock: systemClock }), refusal('revoked'))
  }
})

test('a token of before the revocation does not undo it', async () => {
  const hub = await startHub()
  const token = await hub.token('edge-1')
  await hub.identity.registry.revoke('edge-1', 'tester', 'no')
  await assert.rejects(
    enroll({ token, directory: folder(), clock: systemClock }),
    (error: unknown) => (error as EnrolmentRefused).code === 'revoked',
  )
  assert.deepEqual(hub.identity.registry.node('edge-1')?.certificates, [])
})

test('a certificate that expired is refused, and an open link ends when its certificate does', async () => {
  const late = { ...systemClock, now: () => systemClock.now() - 100 * DAY }
  const data = folder()
  const past = await startHub({ data, clock: late })
  // Enrolled a hundred days ago for ninety: the TLS library itself finds it expired.
  await past.identity.registry.add('edge-1', false)
  const present = await startHub({ data })
  const edge = await enrolledEdge(past, 'edge-1').catch((error: unknown) => error as Error)
  assert.ok(edge instanceof NotConnected, 'the listener of the past shows an expired certificate itself')
  const { makeRequest } = await import('../identity/x509.ts')
  const { newKeyPair } = await import('../identity/keys.ts')
  const keys = await newKeyPair()
  const issued = await past.identity.authority.issue(await makeRequest('edge-1', keys), 'edge-1')
  assert.ok(issued)
  await present.identity.registry.refresh()
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const [host, port] = present.address.split(':')
  const socket = tls.connect({
    host: host as string,
    port: Number(port),
    ca: present.identity.authority.ca,
    checkServerIdentity: () => undefined,
    cert: issued.pem,
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  })
  const said = await new Promise<string>((resolve, reject) =>
    socket.once('data', (chunk) => resolve(chunk.toString('utf8'))).once('error', reject),
  )
  socket.destroy()
  assert.match(said, /"refused":"not-enrolled".*expired/)

  let ahead = 0
  const hub = await startHub({ clock: { ...systemClock, now: () => systemClock.now() + ahead } })
  const channel = await (await enrolledEdge(hub, 'edge-2')).dial()
  const at = await hub.nextChannel()
  ahead = 91 * DAY
  await assert.rejects(at.receive(), refusal('not-enrolled'))
  await assert.rejects(channel.receive(), NotConnected)
})

test('renewal without a gap: the link stays up, the next one uses the new certificate, the old one holds until its end', async () => {
  // Two months ago by the hub's clock, then now: the TLS library has a clock of its own.
  let ahead = -61 * DAY
  const clock = { ...systemClock, now: () => systemClock.now() + ahead }
  const hub = await startHub({ clock })
  const edge = await enrolledEdge(hub, 'edge-1', { passphrase: 'a long one' })
  const channel = await edge.dial()
  const at = await hub.nextChannel()
  ahead = 0
  const old = folder()
  cpSync(edge.data, old, { recursive: true })
  const identity = await openDialIdentity({ data: edge.data, link: linkConfig.parse({ passphrase: 'a long one' }) })
  const { serial, notAfter } = await identity.credentials()
  const asked = identity.renew(async (request) => {
    await channel.send(bytes(request))
    return JSON.parse(text(await channel.receive()))
  })
  const request = text(await at.receive())
  await at.send(bytes(JSON.stringify(await hub.identity.enrolment.answerRenew(request, at.peer))))
  await asked
  await at.send(bytes('still up'))
  assert.equal(text(await channel.receive()), 'still up')
  const renewed = await identity.credentials()
  assert.notEqual(renewed.serial, serial)
  assert.ok(renewed.notAfter >= notAfter + 60 * DAY)
  const next = await edge.dial()
  assert.equal((await hub.nextChannel()).peer.certificate, renewed.serial)
  await next.close()
  const before = await openDialIdentity({ data: old, link: linkConfig.parse({ passphrase: 'a long one' }) })
  await (await dial({ address: hub.address, identity: before, clock: systemClock })).close()
  assert.equal((await hub.nextChannel()).peer.certificate, serial)
  // A second question at once, an unsound one, and one in another's name.
  const code = async (given: unknown, peer = at.peer) => {
    const answer = await hub.identity.enrolment.answerRenew(given, peer)
    return 'refused' in answer ? answer.refused : 'given'
  }
  assert.equal(await code(request), 'too-soon')
  ahead += IDENTITY_LIMITS.renewEveryMs * 1000
  assert.equal(await code({ not: 'a text' }), 'bad-request')
  await hub.identity.registry.add('edge-2', false)
  assert.equal(await code(request, { ...at.peer, node: 'edge-2' }), 'bad-request')
  assert.equal(await code(request, { ...at.peer, node: 'nobody' }), 'revoked')
})

test('the listener’s own certificate is renewed while it runs, and sightings are written', async () => {
  let ahead = -61 * DAY
  // A look every few milliseconds instead of every second.
  const clock = {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    sleep: (ms: number, stop?: AbortSignal) => systemClock.sleep(ms === 1000 ? 2 : ms, stop),
  }
  const hub = await startHub({ clock })
  const edge = await enrolledEdge(hub, 'edge-1')
  const first = (await edge.dial()).peer
  ahead = 0
  for (;;) {
    const next = await edge.dial()
    await next.close()
    if (next.peer.certificate === first.certificate) continue
    assert.ok((next.peer.notAfter ?? 0) - (first.notAfter ?? 0) > 60 * DAY)
    break
  }
  const other = await openRegistry({ directory: identityDirectory(hub.data), clock: systemClock, anySerial: false })
  while (other.node('edge-1')?.lastSeen === undefined) {
    await systemClock.sleep(5)
    await other.refresh()
  }
  assert.equal(other.node('edge-1')?.lastAddress, '127.0.0.1')
  // A link that stays open is no older than the last look.
  await edge.dial()
  await hub.nextChannel()
  const opened = clock.now()
  while ((hub.identity.registry.lastSeen('edge-1') ?? 0) < opened + 20_000) await systemClock.sleep(5)
})

test('of who is not let in the hub is told: a node by its proven name, a stranger by its address alone', async () => {
  const away: string[] = []
  const turnedAway = {
    node: ({ node, address }: Peer, { code }: LinkRefused) => void away.push(`${node} ${address} ${code}`),
    stranger: (address: string, code: string) => void away.push(`${address} ${code}`),
  }
  const hub = await startHub({ turnedAway })
  const edge = await enrolledEdge(hub, 'edge-1')
  await hub.identity.registry.revoke('edge-1', 'tester', 'stolen')
  await assert.rejects(edge.dial(), refusal('revoked'))
  const token = await hub.token('edge-2', { lifetimeMs: -1 })
  await assert.rejects(enroll({ token, directory: folder(), clock: systemClock }), /expired/)
  // A certificate of another authority, in the name of a node that is known here.
  const other = await openDialIdentity({ data: (await enrolledEdge(await startHub(), 'edge-1')).data, link: linkConfig.parse({}) })
  const credentials = await other.credentials()
  const believing = { ...credentials, ca: hub.identity.authority.ca }
  const posing = { ...other, credentials: async () => believing }
  await assert.rejects(dial({ address: hub.address, identity: posing, clock: systemClock }), refusal('not-enrolled'))
  assert.deepEqual(away, ['edge-1 127.0.0.1 revoked', '127.0.0.1 token-expired', '127.0.0.1 not-enrolled'])
})

test('a hub that says nothing, or nonsense, is given up', async () => {
  const hub = await startHub()
  const edge = await enrolledEdge(hub, 'edge-1')
  const { certificate, key } = await hub.identity.authority.server()
  for (const [said, wanted] of [
    [undefined, NotConnected],
    ['hello', LinkRefused],
  ] as const) {
    const server = tls.createServer({ cert: certificate, key }, (socket) => {
      socket.on('error', () => undefined)
      if (said) socket.write(Buffer.concat([Buffer.from([said.length, 0, 0, 0]), bytes(said)]))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    after(() => server.close())
    const { port } = server.address() as { port: number }
    await assert.rejects(edge.dial({ address: `127.0.0.1:${port}`, limits: { admissionMs: 500 } }), wanted)
  }
  const plain = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
  after(() => plain.close())
  const web = `127.0.0.1:${(plain.address() as { port: number }).port}`
  await assert.rejects(edge.dial({ address: web }), { message: `${web} does not speak TLS 1.3` })
  const deaf = createServer()
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve))
  after(() => deaf.close())
  const { port } = deaf.address() as { port: number }
  await assert.rejects(edge.dial({ address: `127.0.0.1:${port}`, limits: { admissionMs: 300 } }), /does not answer within 0.3 s/)
  const stop = AbortSignal.abort()
  const identity = await openDialIdentity({ data: edge.data, link: linkConfig.parse({}) })
  await assert.rejects(dial({ address: hub.address, identity, clock: systemClock, stop }), /asked to stop/)
})

test('connections that come and go leave nothing behind', {
  skip: process.platform !== 'linux' && 'counts descriptors in /proc',
}, async () => {
  const hub = await startHub()
  const edge = await enrolledEdge(hub, 'edge-1')
  const descriptors = () => readdirSync('/proc/self/fd').length
  const once = async (isClean: boolean) => {
    const channel = await edge.dial()
    const at = await hub.nextChannel()
    await channel.close(isClean)
    await assert.rejects(at.receive(), NotConnected)
    await at.close()
  }
  await once(true)
  const before = descriptors()
  for (let i = 0; i < 200; i++) await once(i % 2 === 0)
  assert.ok(descriptors() <= before + 2, `${before} descriptors before, ${descriptors()} after`)
  assert.equal(hub.listener.counters.door.admitted, 201)
})
