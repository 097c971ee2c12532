import assert from 'node:assert/strict'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { NotConnected } from '../../core/errors.ts'
import { Status } from '../../core/status.ts'
import { opcuaSource } from './source.ts'
import { lastOf, readUntil, rowsOf, testConfig, testContext, testSimulator } from './test-bench.ts'

const never = () => AbortSignal.timeout(10_000)
const one = [{ path: 'L/T', nodeId: 's=T', dataType: 'Double' as const, unit: 'A', range: [0, 100] as const }]
const nodeT = { id: 't', node: 'ns=1;s=T' }

/** A TCP relay that can stop passing bytes without closing anything, as a hung device does. */
async function relay(to: number): Promise<{ port: number; freeze(): void; close(): void }> {
  const sockets: Socket[] = []
  let frozen = false
  const server: Server = createServer((client) => {
    const device = connect(to, '127.0.0.1')
    sockets.push(client, device)
    client.on('data', (bytes) => !frozen && device.write(bytes))
    device.on('data', (bytes) => !frozen && client.write(bytes))
    for (const socket of [client, device]) socket.on('error', () => {}).on('close', () => [client, device].map((s) => s.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    freeze: () => {
      frozen = true
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

test('values, units and types come from the server; keep-alives are empty batches', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, {
    variables: [...one, { path: 'L/Run', nodeId: 's=Run', dataType: 'Boolean' }, { path: 'L/Name', nodeId: 's=Name', dataType: 'String' }],
  })
  simulator.set('s=T', 4.5)
  simulator.set('s=Run', true)
  simulator.set('s=Name', 'Nº 3')
  const signals = [nodeT, { id: 'run', node: 'ns=1;s=Run' }, { id: 'name', node: 'ns=1;s=Name' }]
  const source = opcuaSource(testConfig(simulator.endpoint, signals), context)
  t.after(() => source.close())
  await source.connect(never())
  const seen = lastOf(await readUntil(source, context, (all) => all.length >= 3))
  assert.deepEqual([seen.get('t')?.value, seen.get('run')?.value, seen.get('name')?.value], [4.5, 1, 'Nº 3'])
  assert.deepEqual(
    context.signals.all().map(({ id, unit, dataType, address }) => [id, unit, dataType, address]),
    [
      ['site/t', 'A', 'number', 'ns=1;s=T'],
      ['site/run', undefined, 'boolean', 'ns=1;s=Run'],
      ['site/name', undefined, 'text', 'ns=1;s=Name'],
    ],
  )
  // Nothing changes any more: what comes now are keep-alives.
  assert.equal((await source.read(never())).batch.count, 0)
  assert.equal((await source.read(never())).batch.count, 0)
  assert.ok((source.counters.latencyMs ?? 0) > 0)
})

test('units: the Rec 20 code before the display name, the declaration before both, the server’s beside it', async (t) => {
  const context = await testContext(t)
  const shown = { dataType: 'Double', value: () => 1 } as const
  const simulator = await testSimulator(t, {
    variables: [
      { ...shown, path: 'U/Temp', unit: '°C' },
      { ...shown, path: 'U/Lies', unit: 'Grad', unitId: 4604232 },
      { ...shown, path: 'U/Gauge', unit: 'barg' },
      { ...shown, path: 'U/Odd', unit: 'Blurp' },
      { ...shown, path: 'U/None' },
      { ...shown, path: 'U/Declared', unit: '°F' },
    ],
  })
  const signals = [
    { id: '{name}', browse: 'Objects/U/{Temp,Lies,Gauge,Odd,None}' },
    { id: 'Declared', node: 'ns=1;s=U.Declared', unit: '°C' },
  ]
  const source = opcuaSource(testConfig(simulator.endpoint, signals), context)
  t.after(() => source.close())
  await source.connect(never())
  const units = context.signals.all().map(({ id, unit, sourceUnit }) => [id, unit, sourceUnit])
  assert.deepEqual(
    units.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    [
      ['site/Declared', '°C', '[degF]'],
      ['site/Gauge', 'bar{gauge}', undefined],
      ['site/Lies', '[degF]', undefined],
      ['site/None', undefined, undefined],
      ['site/Odd', 'Blurp', undefined],
      ['site/Temp', 'Cel', undefined],
    ],
  )
})

test('a deadband is kept, absolute and in percent; a refused one costs no samples', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, { variables: [...one, { path: 'L/P', nodeId: 's=P', dataType: 'Double' }] })
  simulator.set('s=T', 50)
  simulator.set('s=P', 50)
  const signals = [
    { id: 'absolute', node: 'ns=1;s=T', deadband: { absolute: 5 } },
    { id: 'percent', node: 'ns=1;s=T', deadband: { percent: 20 } },
    // No EURange, so no percent.
    { id: 'refused', node: 'ns=1;s=P', deadband: { percent: 20 } },
  ]
  const source = opcuaSource(testConfig(simulator.endpoint, signals), context)
  t.after(() => source.close())
  await source.connect(never())
  assert.match(source.counters.lastProblem ?? '', /ns=1;s=P: the server takes no such deadband/)
  await readUntil(source, context, (all) => all.length >= 3)
  for (const value of [52, 58, 85]) {
    simulator.set('s=T', value)
    simulator.set('s=P', value)
    await readUntil(source, context, (all) => all.some((s) => s.id === 'refused' && s.value === value))
  }
  simulator.set('s=T', 5)
  const rest = await readUntil(source, context, (all) => lastOf(all).get('percent')?.value === 5)
  assert.ok(!rest.some((s) => s.value === 52))
})

test('items are created in batches the server takes, and its limits on reading and browsing are kept', async (t) => {
  const context = await testContext(t)
  const variables = Array.from({ length: 25 }, (_, i) => ({ path: `L/V${i}`, dataType: 'Int32' as const, value: () => i }))
  const simulator = await testSimulator(t, { variables, limits: { maxMonitoredItemsPerCall: 4, maxNodesPerRead: 3, maxNodesPerBrowse: 1 } })
  const source = opcuaSource(testConfig(simulator.endpoint, [{ id: '{name}', browse: 'Objects/L/*' }]), context)
  t.after(() => source.close())
  await source.connect(never())
  const seen = lastOf(await readUntil(source, context, (all) => new Set(all.map((s) => s.id)).size === 25))
  assert.ok([...seen.values()].every((s) => s.status === 0 && s.id === `V${s.value}`))
  assert.equal(source.counters.lastProblem, undefined)
})

test('a server restart ends the read; the next connection delivers every current value again', async (t) => {
  const context = await testContext(t)
  const variables = [...one, { path: 'L/U', nodeId: 's=U', dataType: 'Double' as const, value: () => 8 }]
  const first = await testSimulator(t, { variables })
  first.set('s=T', 1)
  const source = opcuaSource(testConfig(first.endpoint, [nodeT, { id: 'u', node: 'ns=1;s=U' }]), context)
  t.after(() => source.close())
  await source.connect(never())
  await readUntil(source, context, (all) => all.length >= 2)
  await first.stop()
  await assert.rejects(
    readUntil(source, context, () => false),
    NotConnected,
  )
  await source.close()
  await assert.rejects(source.connect(never()), { name: 'NotConnected', message: /nothing listens/ })
  await source.close()
  const second = await testSimulator(t, { variables, port: first.port })
  second.set('s=T', 2)
  await source.connect(never())
  const seen = lastOf(await readUntil(source, context, (all) => new Set(all.map((s) => s.id)).size === 2))
  assert.deepEqual([seen.get('t')?.value, seen.get('u')?.value], [2, 8])
})

test('a server that falls silent with its line open is found', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, { variables: one })
  const between = await relay(simulator.port)
  t.after(between.close)
  const source = opcuaSource(testConfig(`opc.tcp://127.0.0.1:${between.port}`, [nodeT]), context)
  t.after(() => source.close())
  await source.connect(never())
  await source.read(never())
  between.freeze()
  await assert.rejects(
    readUntil(source, context, () => false),
    { name: 'NotConnected', message: /not a word for \d+ ms/ },
  )
})

test('close while connecting to a peer that says nothing settles quickly', async (t) => {
  const context = await testContext(t)
  const mute = createServer(() => {}).listen(0, '127.0.0.1')
  await new Promise((resolve) => mute.once('listening', resolve))
  const accepted: Socket[] = []
  const arrived = new Promise<void>((resolve) => mute.once('connection', () => resolve()))
  mute.on('connection', (socket) => accepted.push(socket))
  t.after(() => {
    for (const socket of accepted) socket.destroy()
    mute.close()
  })
  const source = opcuaSource(testConfig(`opc.tcp://127.0.0.1:${(mute.address() as { port: number }).port}`, [nodeT]), context)
  const connecting = source.connect(never())
  const settled = assert.rejects(connecting, { name: 'NotConnected', message: /closed/ })
  await arrived
  const started = performance.now()
  await source.close()
  await settled
  assert.ok(performance.now() - started < 3_000)
  await Promise.all(accepted.map((socket) => socket.destroyed || new Promise((resolve) => socket.once('close', resolve).resume())))
})

test('a pending read settles when closed, and a closed source can be connected again', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, { variables: one })
  const source = opcuaSource(testConfig(simulator.endpoint, [nodeT], { subscription: { publishingInterval: '10s' } }), context)
  await source.connect(never())
  assert.deepEqual(rowsOf((await source.read(never())).batch, context), [])
  const reading = assert.rejects(
    readUntil(source, context, () => false),
    { name: 'NotConnected', message: /closed/ },
  )
  await source.close()
  await reading
  await source.close()
  await source.connect(never())
  await source.close()
})

test('connecting and closing leaves no socket and no timer behind', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, { variables: one })
  const source = opcuaSource(testConfig(simulator.endpoint, [nodeT]), context)
  const cycles = process.env.ECLUSE_LONG === '1' ? 100 : 12
  const resources: Record<string, number>[] = []
  for (let i = 0; i < cycles; i++) {
    await source.connect(never())
    await source.read(never())
    await source.close()
    // The far end of a socket closes a little later.
    await new Promise((resolve) => setImmediate(resolve))
    const names = process.getActiveResourcesInfo()
    resources.push(Object.fromEntries(['TCPSocketWrap', 'Timeout'].map((name) => [name, names.filter((n) => n === name).length])))
  }
  // One left behind per round would show as a slope; the simulator in this process has timers of its own that come and go.
  const most = (name: string, from: Record<string, number>[]) => Math.max(...from.map((r) => r[name] ?? 0))
  const grown = (name: string) => most(name, resources.slice(-4)) - most(name, resources.slice(0, 4))
  assert.ok(grown('TCPSocketWrap') <= 2, JSON.stringify(resources))
  assert.ok(grown('Timeout') < cycles / 2, JSON.stringify(resources))
})

test('a node that has no value is told, with the answer of the server', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, { variables: one })
  const source = opcuaSource(testConfig(simulator.endpoint, [nodeT, { id: 'folder', node: 'i=85' }]), context)
  t.after(() => source.close())
  await source.connect(never())
  const seen = lastOf(await readUntil(source, context, (all) => all.some((s) => s.id === 'folder')))
  assert.equal(seen.get('folder')?.status, Status.BadAttributeIdInvalid)
  assert.match(source.counters.lastProblem ?? '', /i=85: the server answers BadAttributeIdInvalid/)
})
