import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { opcua } from './index.ts'
import { loadOpcua } from './library.ts'
import { ownCertificate } from './own-certificate.ts'
import { opcuaSource } from './source.ts'
import { lastOf, readUntil, testConfig, testContext } from './test-bench.ts'

/** Path of a python that has asyncua; without it these tests are skipped, and say so. */
const python = process.env.ECLUSE_PEER_PYTHON
const options = { skip: python === undefined && 'set ECLUSE_PEER_PYTHON to a python with asyncua' }
const never = () => AbortSignal.timeout(20_000)

async function startPeer(t: TestContext) {
  const { directory } = await testContext(t)
  const own = await ownCertificate(await loadOpcua(), directory, 'peer')
  const script = fileURLToPath(new URL('interop-server.py', import.meta.url))
  const peer = spawn(python ?? '', [script, own.certificateFile, own.privateKeyFile], { stdio: ['pipe', 'pipe', 'ignore'] })
  t.after(() => peer.kill())
  const [line] = (await once(peer.stdout, 'data', { signal: never() })) as [Buffer]
  return { endpoint: `opc.tcp://127.0.0.1:${String(line).trim()}/peer`, say: (words: string) => peer.stdin.write(`${words}\n`) }
}

for (const mode of ['none', 'sign-and-encrypt'] as const) {
  test(`asyncua, ${mode}: types, unit, status and time`, options, async (t) => {
    const peer = await startPeer(t)
    const context = await testContext(t)
    const signals = [
      { id: '{path}/{name}', browse: 'Objects/Line1/**/*' },
      { id: 'by-uri', node: 'nsu=urn:peer:plant;s=Oven.Run' },
      { id: 'gone', node: 'nsu=urn:peer:plant;s=Gone' },
    ]
    const config = testConfig(peer.endpoint, signals, { security: { mode } })
    if (mode !== 'none') {
      const identity = await opcua.identity?.(config, context, never())
      assert.ok(identity)
      await opcua.trust?.(config, context, identity)
    }
    const source = opcuaSource(config, context)
    t.after(() => source.close())
    await source.connect(never())
    const seen = lastOf(await readUntil(source, context, (all) => new Set(all.map((s) => s.id)).size === 11))
    const value = (id: string) => seen.get(id)?.value
    assert.deepEqual(['Oven/Temp', 'Oven/Count', 'Oven/Below', 'Oven/Run', 'Oven/Name', 'Oven/Shown', 'Oven/Since', 'by-uri'].map(value), [
      21.5,
      2 ** 63,
      -5,
      1,
      'four',
      'chaud',
      '2026-05-06T07:08:09.123Z',
      1,
    ])
    assert.deepEqual(seen.get('Oven/Count')?.reasons, ['precision-lost'])
    assert.deepEqual(seen.get('Oven/List')?.reasons, ['array-refused'])
    assert.deepEqual(seen.get('Oven/Raw')?.reasons, ['bytes-refused'])
    assert.deepEqual(seen.get('gone')?.reasons, ['node-unknown'])
    assert.equal(context.signals.all().find((s) => s.id === 'site/Oven/Temp')?.unit, 'Cel')
    assert.equal(seen.get('Oven/Temp')?.sourceTime, Date.parse('2026-01-02T03:04:05.678Z') * 1000 + 901)

    peer.say('Temp 22.5 0x40920000')
    const next = await readUntil(source, context, (all) => all.length > 0)
    assert.deepEqual([next[0]?.value, next[0]?.status], [22.5, 0x40920000])
  })
}

test('asyncua: a text of 30 MB, sent over our limit, costs its own signal only', options, async (t) => {
  const peer = await startPeer(t)
  const context = await testContext(t)
  const warnings: string[] = []
  context.log.warn = (_fields, message) => warnings.push(message)
  // The peer takes a second or more to make 30 MB where the machine has other work: that is no silence.
  const patient = { subscription: { publishingInterval: '20ms', samplingInterval: '10ms', keepAlive: '3s' } } as const
  const source = opcuaSource(testConfig(peer.endpoint, [{ id: '{name}', browse: 'Objects/Line1/**/*' }], patient), context)
  t.after(() => source.close())
  await source.connect(never())
  await readUntil(source, context, (all) => all.some((s) => s.id === 'Name'))
  peer.say('Name x30000000')
  await assert.rejects(
    readUntil(source, context, () => false),
    { name: 'NotConnected', message: /a message over our limit/ },
  )
  await source.close()
  await source.connect(never())
  const seen = lastOf(await readUntil(source, context, (all) => new Set(all.map((s) => s.id)).size === 9))
  assert.ok(warnings.some((warning) => /Oven\.Name: its value does not fit/.test(warning)))
  assert.deepEqual([seen.get('Name')?.status, seen.get('Name')?.reasons], [0x80080000, ['message-too-large']])
  assert.equal(seen.get('Temp')?.value, 21.5)
})
