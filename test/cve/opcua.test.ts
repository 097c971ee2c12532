import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { OPCUAServer, RolePermissionTypeOptions } from 'node-opcua'
import { lintOpcua, opcuaConfig } from '../../src/connectors/opcua/config.ts'
import { loadOpcua } from '../../src/connectors/opcua/library.ts'
import { MESSAGE_BYTES } from '../../src/connectors/opcua/line.ts'
import { ownCertificate } from '../../src/connectors/opcua/own-certificate.ts'
import { opcuaSource } from '../../src/connectors/opcua/source.ts'
import { lastOf, readUntil, testConfig, testContext, testSimulator } from '../../src/connectors/opcua/test-bench.ts'
import { NotConnected } from '../../src/core/errors.ts'
import { type Asked, type HostileServer, responseHeader, startHostileServer, u32 } from './hostile-opcua.ts'

/** What peers got wrong in OPC UA, tried against us: the server on the other end is hostile. */

const MIB = 1024 * 1024
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const memory = (): number => {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
const descriptors = () => readdirSync('/proc/self/fd').length
const hasProc = process.platform === 'linux'

/** One attempt to connect, which must be refused as "not connected" and leave nothing behind. */
async function attempt(t: TestContext, server: HostileServer, requestTimeout = '1s'): Promise<Error> {
  const config = testConfig(server.endpoint, [{ id: 'a', node: 'ns=1;s=a' }], { requestTimeout })
  const source = opcuaSource(config, await testContext(t))
  try {
    const error = await source.connect(AbortSignal.timeout(15_000)).then(
      () => assert.fail('connected'),
      (error: unknown) => error,
    )
    assert.ok(error instanceof NotConnected, String(error))
    return error
  } finally {
    await source.close()
  }
}

/** GetEndpointsResponse (i=431) with this many endpoints announced. */
const endpoints = ({ requestHandle }: Asked, count: number) =>
  Buffer.concat([Buffer.of(1, 0, 0xaf, 0x01), responseHeader(requestHandle, Date.now()), u32(count)])

test('CVE-2022-21208 (node-opcua), CVE-2023-27321 (OPC UA .NET): chunks without end are cut at the limit, and the memory comes back', async (t) => {
  const flood = ({ socket, chunk }: Asked) => {
    const more = () => {
      while (!socket.destroyed && socket.write(chunk(Buffer.alloc(60_000), 'C')));
    }
    socket.on('drain', more)
    more()
  }
  await loadOpcua() // what it takes itself is not counted
  // A server that names no limit of its own must not lift ours: the library would take its word for it.
  for (const limit of [0, 0xffff_ffff]) {
    const server = await startHostileServer({ answer: flood, limit })
    t.after(() => server.stop())
    const before = memory()
    let peak = 0
    const watch = setInterval(() => {
      peak = Math.max(peak, memory() - before)
    }, 50)
    await attempt(t, server, '10s').finally(() => clearInterval(watch))
    assert.ok(server.sent() < MESSAGE_BYTES + 16 * MIB, `${server.sent()} bytes were taken`)
    assert.ok(peak < 3 * MESSAGE_BYTES, `${peak} bytes held at once`)
    // The socket lets go of what it had a moment after it is destroyed.
    for (const end = performance.now() + 5_000; memory() - before >= 16 * MIB && performance.now() < end; ) await setTimeout(20)
    assert.ok(memory() - before < 16 * MIB, `${memory() - before} bytes are still held`)
    await server.stop()
  }
})

test('CVE-2022-21208: small chunks without end are cut by their number', async (t) => {
  let chunks = 0
  const flood = ({ socket, chunk }: Asked) => {
    const more = () => {
      for (let i = 0; i < 512 && !socket.destroyed; i++) {
        chunks++
        if (!socket.write(chunk(Buffer.alloc(1), 'C'))) return
      }
      if (!socket.destroyed && chunks < 200_000) setImmediate(more)
    }
    socket.on('drain', more)
    more()
  }
  const server = await startHostileServer({ answer: flood, limit: 0xffff_ffff })
  t.after(() => server.stop())
  await attempt(t, server, '10s')
  assert.ok(chunks < 100_000, `${chunks} chunks`)
})

test('CVE-2022-25231 (node-opcua), CVE-2026-65423, CVE-2026-116014 (open62541): lengths that lie allocate nothing and end this source only', async (t) => {
  for (const count of [0x7fff_ffff, 0x00ff_ffff, 0xffff_fffe]) {
    const server = await startHostileServer({ answer: (asked) => void asked.socket.write(asked.chunk(endpoints(asked, count))) })
    t.after(() => server.stop())
    const before = memory()
    await attempt(t, server)
    assert.ok(memory() - before < 16 * MIB, `${count} endpoints announced`)
    await server.stop()
  }
})

test('CVE-2026-65423, CVE-2026-116014 (open62541), CVE-2026-111280, CVE-2026-115723, CVE-2020-22552 (snap7): a device that sends noise in every place costs its own connection', async (t) => {
  let seed = 1
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const noise = (bytes: number) => Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)))
  const uncaught: unknown[] = []
  const note = (error: unknown) => uncaught.push(error)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))
  for (let i = 0; i < 12; i++) {
    const server = await startHostileServer({
      answer: (asked) => {
        const body = Buffer.concat([endpoints(asked, 1 + (i % 3)), noise(200)])
        if (i % 2) for (let flips = 0; flips < 8; flips++) body[Math.floor(random() * body.length)] = Math.floor(random() * 256)
        asked.socket.write(i % 5 === 4 ? noise(300) : asked.chunk(body))
      },
      ...(i % 6 === 5 && { open: (socket) => void socket.write(noise(500)) }),
    })
    t.after(() => server.stop())
    await attempt(t, server, '200ms')
    await server.stop()
  }
  assert.deepEqual(uncaught, [])
})

test('CVE-2022-24375 (node-opcua): a server that never answers CloseSession, or anything, does not hold us', async (t) => {
  const server = await startHostileServer({ answer: () => undefined })
  t.after(() => server.stop())
  const from = performance.now()
  await attempt(t, server, '300ms')
  assert.ok(performance.now() - from < 5_000)
})

test('CVE-2026-68904 (node-opcua client): a server whose clock is ten years off is tried once per attempt, and leaves no descriptor and no heap behind', {
  skip: !hasProc && 'no /proc here',
}, async (t) => {
  const rounds = process.env.ECLUSE_LONG === '1' ? 10_000 : 20
  for (const offMs of [10 * 365 * 86_400_000, -10 * 365 * 86_400_000]) {
    const server = await startHostileServer({
      nowMs: () => Date.now() + offMs,
      lifetimeMs: 1,
      answer: ({ socket }) => socket.destroy(),
    })
    t.after(() => server.stop())
    for (let i = 0; i < 10; i++) await attempt(t, server)
    const [heap, open, made] = [memory(), descriptors(), server.connections()]
    for (let i = 0; i < rounds; i++) await attempt(t, server)
    assert.equal(server.connections() - made, rounds)
    assert.ok(descriptors() <= open + 2, `${open} descriptors before, ${descriptors()} after`)
    assert.ok(memory() - heap < 4 * MIB, `${memory() - heap} bytes more`)
    await server.stop()
  }
})

test('CVE-2026-54155 (node-opcua): without being told otherwise a session is signed and encrypted, and a password over an open channel is warned of', () => {
  const config = opcuaConfig.parse({ endpoint: 'opc.tcp://127.0.0.1:4840', signals: [{ id: 'a', node: 'ns=1;s=a' }] })
  assert.equal(config.security.mode, 'sign-and-encrypt')
  const open = opcuaConfig.parse({
    ...{ endpoint: 'opc.tcp://127.0.0.1:4840', signals: [{ id: 'a', node: 'ns=1;s=a' }] },
    ...{ security: { mode: 'none' }, user: { name: 'ana', password: 'x' } },
  })
  assert.ok(lintOpcua(open).length > 0)
})

test('CVE-2026-69200 (node-opcua-client): names of a server that are names of prototypes stay names', async (t) => {
  const names = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString']
  const simulator = await testSimulator(t, {
    modes: ['none'],
    variables: names.map((name) => ({ path: `Line/${name}`, nodeId: `s=${name}`, dataType: 'Double', value: () => 7, unit: '__proto__' })),
  })
  const context = await testContext(t)
  const signals = [{ browse: 'Objects/Line/*', id: 'line/{name}' }]
  const source = opcuaSource(testConfig(simulator.endpoint, signals), context)
  t.after(() => source.close())
  await source.connect(AbortSignal.timeout(10_000))
  simulator.tick()
  const seen = lastOf(await readUntil(source, context, (all) => new Set(all.map(({ id }) => id)).size === names.length))
  assert.deepEqual([...seen.keys()].sort(), names.map((name) => `line/${name}`).sort())
  assert.deepEqual([({} as { value?: unknown }).value, Object.keys(Object.prototype)], [undefined, []])
})

test('CVE-2026-95860 (node-opcua): the version in use holds to what a namespace permits: anonymous may not write nor call', async (t) => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string }>
  }
  const [major, minor] = (lock.packages['node_modules/node-opcua-address-space']?.version ?? '').split('.').map(Number)
  assert.ok(major === 2 && (minor as number) >= 180)
  const opcua = await import('node-opcua')
  const own = await ownCertificate(opcua, (await testContext(t)).directory, 'rbac')
  const server: OPCUAServer = new opcua.OPCUAServer({
    ...{ port: 0, host: '127.0.0.1', hostname: '127.0.0.1', allowAnonymous: true },
    ...{ securityModes: [opcua.MessageSecurityMode.None], securityPolicies: [opcua.SecurityPolicy.None] },
    certificateFile: own.certificateFile,
    privateKeyFile: own.privateKeyFile,
    nodeset_filename: [opcua.nodesets.standard],
    serverCertificateManager: new opcua.InMemoryCertificateStore({ autoAcceptUnknown: true }) as never,
    userCertificateManager: new opcua.InMemoryCertificateStore({ autoAcceptUnknown: false }) as never,
  })
  await server.initialize()
  t.after(() => server.shutdown(0))
  const space = server.engine.addressSpace
  assert.ok(space)
  const namespace = space.getOwnNamespace()
  const readOnly: RolePermissionTypeOptions = {
    roleId: opcua.resolveNodeId(opcua.WellKnownRoles.Anonymous),
    permissions: opcua.makePermissionFlag('Browse | Read'),
  }
  namespace.setDefaultRolePermissions([readOnly])
  const folder = namespace.addFolder(space.rootFolder.objects, { browseName: 'Line' })
  const variable = namespace.addVariable({
    organizedBy: folder,
    browseName: 'Speed',
    nodeId: 's=speed',
    dataType: 'Double',
    value: { dataType: 'Double', value: 1 } as never,
  })
  let called = 0
  const method = namespace.addMethod(folder, { browseName: 'Stop', nodeId: 's=stop' })
  method.bindMethod(async (_inputs: unknown, _context: unknown) => {
    called++
    return { statusCode: opcua.StatusCodes.Good }
  })
  await server.start()
  const client = opcua.OPCUAClient.create({
    ...{
      endpointMustExist: false,
      connectionStrategy: { maxRetry: 0 },
      clientCertificateManager: new opcua.InMemoryCertificateStore({ autoAcceptUnknown: true }) as never,
      certificateFile: own.certificateFile,
      privateKeyFile: own.privateKeyFile,
    },
  })
  await client.connect(`opc.tcp://127.0.0.1:${server.endpoints[0]?.port}`)
  const session = await client.createSession()
  const value = { statusCode: opcua.StatusCodes.Good, value: { dataType: opcua.DataType.Double, value: 99 } }
  const written = await session.write({ nodeId: variable.nodeId, attributeId: opcua.AttributeIds.Value, value } as never)
  const answer = await session.call({ objectId: folder.nodeId, methodId: method.nodeId, inputArguments: [] })
  const read = await session.read({ nodeId: variable.nodeId, attributeId: opcua.AttributeIds.Value })
  await session.close()
  await client.disconnect()
  assert.equal(written.name, 'BadUserAccessDenied')
  assert.equal(answer.statusCode.name, 'BadUserAccessDenied')
  assert.deepEqual([read.value.value, called], [1, 0])
})
