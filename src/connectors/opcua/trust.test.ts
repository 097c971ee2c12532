import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { SourceContext } from '../../core/connector.ts'
import { DAY } from '../../core/time.ts'
import type { OpcuaConfig } from './config.ts'
import { opcua } from './index.ts'
import { loadOpcua } from './library.ts'
import { ownCertificate } from './own-certificate.ts'
import type { SimulatorOptions } from './simulator.ts'
import { opcuaSource } from './source.ts'
import { readUntil, testConfig, testContext, testSimulator } from './test-bench.ts'

const never = () => AbortSignal.timeout(10_000)
const secure = { security: {} } as const

async function setUp(t: TestContext, options: Partial<SimulatorOptions> = {}, over: object = {}) {
  const context = await testContext(t)
  const simulator = await testSimulator(t, { variables: [{ path: 'T', nodeId: 's=T', dataType: 'Double', value: () => 3 }], ...options })
  const config = testConfig(simulator.endpoint, [{ id: 't', node: 'ns=1;s=T' }], { ...secure, ...over })
  return { context, simulator, config }
}

async function trust(config: OpcuaConfig, context: SourceContext): Promise<void> {
  const identity = await opcua.identity?.(config, context, never())
  assert.ok(identity)
  await opcua.trust?.(config, context, identity)
}

/** Connects, reads the value, closes; what connecting throws comes out. */
async function readOnce(config: OpcuaConfig, context: SourceContext): Promise<number | string | null | undefined> {
  const source = opcuaSource(config, context)
  try {
    await source.connect(never())
    return (await readUntil(source, context, (seen) => seen.length > 0))[0]?.value
  } finally {
    await source.close()
  }
}

test('a server that nobody trusted is refused; after the explicit act it is read', async (t) => {
  const { context, simulator, config } = await setUp(t)
  await assert.rejects(readOnce(config, context), {
    name: 'NotConnected',
    message: new RegExp(`not trusted yet.*${simulator.sha256}`),
    hint: /run `ecluse trust line1`/,
  })
  const identity = await opcua.identity?.(config, context, never())
  assert.equal(identity?.trusted, false)
  assert.equal(identity?.sha256, simulator.sha256)
  assert.match(identity?.subject ?? '', /CN=/)
  await trust(config, context)
  assert.equal((await opcua.identity?.(config, context, never()))?.trusted, true)
  assert.equal(await readOnce(config, context), 3)
})

test('every policy and mode works', async (t) => {
  const { context, simulator, config } = await setUp(t)
  await trust(config, context)
  for (const policy of ['Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const) {
    assert.equal(await readOnce({ ...config, security: { mode: 'sign-and-encrypt', policy } }, context), 3)
  }
  assert.equal(await readOnce({ ...config, security: { mode: 'sign', policy: 'Basic256Sha256' } }, context), 3)
  assert.match(simulator.endpoint, /^opc\.tcp:\/\/127\.0\.0\.1:/)
})

test('a changed certificate is refused, and says both fingerprints', async (t) => {
  const { context, simulator, config } = await setUp(t)
  await trust(config, context)
  await simulator.stop()
  const { directory } = await testContext(t)
  const other = await testSimulator(t, { variables: [], port: simulator.port, directory, name: 'somebody-else' })
  assert.notEqual(other.sha256, simulator.sha256)
  await assert.rejects(readOnce(config, context), {
    name: 'NotConnected',
    message: new RegExp(`has changed.*${simulator.sha256}.*${other.sha256}`),
    hint: /somebody may be in between/,
  })
})

test('an expired certificate is refused although it is trusted, and so is one of tomorrow', async (t) => {
  const { context, config } = await setUp(t)
  await trust(config, context)
  const at = (shift: number): SourceContext => ({ ...context, clock: { ...context.clock, now: () => context.clock.now() + shift } })
  await assert.rejects(readOnce(config, at(4_000 * DAY)), { name: 'NotConnected', message: /expired on 20/ })
  await assert.rejects(readOnce(config, at(-4_000 * DAY)), { name: 'NotConnected', message: /not valid before/, hint: /clocks/ })
})

test('a damaged pin trusts nobody', async (t) => {
  const { context, config } = await setUp(t)
  await trust(config, context)
  await writeFile(join(context.directory, 'trusted-server.json'), '{"sha256":"00"}')
  await assert.rejects(readOnce(config, context), { name: 'NotConnected', message: /cannot be read, so no server is trusted/ })
})

test('our own certificate is made once, with a key only we can read', async (t) => {
  const { directory } = await testContext(t)
  const library = await loadOpcua()
  const [a, b] = await Promise.all([ownCertificate(library, directory, 'site:line1'), ownCertificate(library, directory, 'site:line1')])
  assert.deepEqual(a.der, b.der)
  assert.equal(a.applicationUri, 'urn:ecluse:site%3Aline1')
  assert.equal((await stat(a.privateKeyFile)).mode & 0o777, 0o600)
  assert.match(await readFile(a.privateKeyFile, 'utf8'), /BEGIN PRIVATE KEY/)
  assert.deepEqual((await ownCertificate(library, directory, 'another name')).der, a.der)
})

test('users: a password, a wrong password, a certificate, an unknown certificate', async (t) => {
  const { directory } = await testContext(t)
  const person = await ownCertificate(await loadOpcua(), directory, 'person')
  const { context, config } = await setUp(t, { anonymous: false, users: { operator: 'right' }, userCertificates: [person.der] })
  await trust(config, context)
  assert.equal(await readOnce({ ...config, user: { name: 'operator', password: 'right' } }, context), 3)
  await assert.rejects(readOnce({ ...config, user: { name: 'operator', password: 'wrong' } }, context), {
    name: 'NotConnected',
    message: /BadUserAccessDenied|BadIdentityTokenRejected/,
    hint: /user and password/,
  })
  await assert.rejects(readOnce(config, context), { name: 'NotConnected', message: /does not accept this kind of user/ })
  const privateKey = await readFile(person.privateKeyFile, 'utf8')
  assert.equal(await readOnce({ ...config, user: { certificate: person.certificateFile, privateKey } }, context), 3)
  const stranger = await ownCertificate(await loadOpcua(), (await testContext(t)).directory, 'stranger')
  const strangerKey = await readFile(stranger.privateKeyFile, 'utf8')
  await assert.rejects(readOnce({ ...config, user: { certificate: stranger.certificateFile, privateKey: strangerKey } }, context), {
    name: 'NotConnected',
  })
})

test('a server that offers other ways in only: they are listed', async (t) => {
  const { context, config } = await setUp(t, { modes: ['none'] })
  await assert.rejects(readOnce(config, context), {
    name: 'NotConnected',
    message: /does not offer sign-and-encrypt with Basic256Sha256; it offers none/,
  })
})
