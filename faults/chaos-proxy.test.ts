import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { until } from '../bench/node.ts'
import { type Chaos, startChaosProxy } from './chaos-proxy.ts'
import { seeded } from './seeded.ts'

const LIMIT_MS = 10_000

/** A server that sends back what it gets, the proxy before it, and a client that keeps what comes back. */
async function bench(t: TestContext, chaos: Partial<Chaos>) {
  const far = new Set<Socket>()
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    far.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => far.delete(socket))
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy = await startChaosProxy({ port: (server.address() as { port: number }).port }, seeded('chaos'), chaos)
  const client = connect(proxy.port, '127.0.0.1')
  const got: Buffer[] = []
  client.on('error', () => undefined)
  client.on('data', (bytes) => got.push(bytes))
  t.after(async () => {
    client.destroy()
    await proxy.stop()
    for (const socket of far) socket.destroy()
    server.close()
  })
  return { proxy, client, far, bytes: () => Buffer.concat(got) }
}

/** Resolves when it is closed, with an error or without. */
const closing = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) & 0xff))

test('calm: every byte, both ways, and the end', { timeout: LIMIT_MS }, async (t) => {
  const { client, bytes, far } = await bench(t, {})
  client.end(sent)
  await closing(client)
  assert.ok(bytes().equals(sent))
  await until('the far end', LIMIT_MS, () => far.size === 0)
})

test('delay and jitter keep the order', { timeout: LIMIT_MS }, async (t) => {
  const { client, bytes } = await bench(t, { delayMs: 20, jitterMs: 20 })
  await once(client, 'connect')
  const begin = performance.now()
  client.write(sent)
  await until('all back', LIMIT_MS, () => bytes().length === sent.length)
  assert.ok(performance.now() - begin >= 40)
  assert.ok(bytes().equals(sent))
})

test('a narrow line takes its time and holds the sender back', { timeout: LIMIT_MS }, async (t) => {
  const { client, bytes, proxy } = await bench(t, { bytesPerSecond: 1_000_000 })
  const begin = performance.now()
  client.write(sent)
  await until('all back', LIMIT_MS, () => bytes().length === sent.length)
  assert.ok(performance.now() - begin >= 250)
  assert.ok(proxy.counters.forwardedBytes === 2 * sent.length && bytes().equals(sent))
})

test('loss is a stall; loss that goes on is the end', { timeout: LIMIT_MS }, async (t) => {
  const some = await bench(t, { loss: 0.3 })
  for (let i = 0; i < 5; i++) some.client.write(Buffer.of(i))
  await until('all back', LIMIT_MS, () => some.bytes().length === 5)
  const all = await bench(t, { loss: 1 })
  const closed = closing(all.client)
  for (let i = 0; i < 10; i++) {
    all.client.write('x')
    await new Promise((resolve) => setImmediate(resolve))
  }
  const writing = setInterval(() => all.client.write('x'), 5)
  await closed
  clearInterval(writing)
  assert.equal(all.proxy.counters.resets, 1)
})

test('half-open: nothing arrives and nobody is told, and it ends with the first word after the network heals', {
  timeout: LIMIT_MS,
}, async (t) => {
  const { client, bytes, proxy } = await bench(t, {})
  client.write('a')
  await until('an answer', LIMIT_MS, () => bytes().length === 1)
  proxy.chaos.halfOpen = true
  client.write('b')
  await until('swallowed', LIMIT_MS, () => proxy.counters.swallowedBytes === 1)
  assert.deepEqual([bytes().length, client.destroyed], [1, false])
  proxy.chaos.halfOpen = false
  const closed = closing(client)
  client.write('c')
  await closed
  assert.equal(bytes().length, 1, 'no byte follows a hole')
})

test('resets: at once for all there are, and for those who come', { timeout: LIMIT_MS }, async (t) => {
  const { client, bytes, proxy } = await bench(t, {})
  client.write('a')
  await until('an answer', LIMIT_MS, () => bytes().length === 1)
  const closed = closing(client)
  proxy.resetAll()
  await closed
  proxy.chaos.refuses = true
  const late = connect(proxy.port, '127.0.0.1')
  late.on('error', () => undefined)
  await closing(late)
  assert.deepEqual([proxy.counters.connections, proxy.counters.resets], [1, 1])
})
