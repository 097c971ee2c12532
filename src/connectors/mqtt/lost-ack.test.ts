import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { startMosquitto, withoutMosquitto } from './brokers.fixture.ts'
import { plainConfig } from './config.ts'
import { contextFor, readUntil } from './context.fixture.ts'
import { MqttSource } from './source.ts'

const stop = new AbortController().signal

/** A line to the broker on which our side's words can be lost. */
async function line(port: number) {
  const sockets = new Set<Socket>()
  const state = { isDeaf: false, lost: 0 }
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    near.on('data', (bytes) => {
      if (state.isDeaf) state.lost += bytes.length
      else far.write(bytes)
    })
    far.pipe(near)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return { port: (server.address() as { port: number }).port, state, cut, close: () => server.close() }
}

test('an acknowledgement that is lost on the line: the message comes again and is known', {
  skip: withoutMosquitto,
  timeout: 20_000,
}, async (t) => {
  const broker = await startMosquitto()
  const way = await line(broker.port)
  const context = contextFor()
  const signals = [{ id: 'x', topic: 'x', jsonPath: 'v', timestamp: { jsonPath: 't', format: 'unix-ms' } }]
  const source = new MqttSource(plainConfig.parse({ url: `mqtt://127.0.0.1:${way.port}`, format: 'plain', signals }), context)
  const { default: mqtt } = await import('mqtt')
  const out = await mqtt.connectAsync(broker.url)
  t.after(async () => {
    await source.close()
    await out.endAsync()
    way.cut()
    way.close()
    await broker.stop()
  })
  const say = (v: number) => out.publishAsync('x', JSON.stringify({ v, t: Date.now() }), { qos: 1 })
  const read = async (value: number) =>
    (await readUntil(source, context, (all) => all.some((one) => one.value === value))).map((one) => one.value)

  await source.connect(stop)
  await say(1)
  assert.deepEqual(await read(1), [1])
  await say(2)
  way.state.isDeaf = true
  assert.deepEqual(await read(2), [2])
  while (way.state.lost === 0) await new Promise((resolve) => setImmediate(resolve))
  way.cut()
  way.state.isDeaf = false
  await source.connect(stop)
  await say(3)
  assert.deepEqual(await read(3), [3])
  assert.equal(source.counters.dropped.redelivered, 1)
})
