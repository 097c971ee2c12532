import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import * as tls from 'node:tls'
import fc from 'fast-check'
import { NotConnected } from '../../core/errors.ts'
import { LinkRefused } from '../../core/link.ts'
import { systemClock } from '../../core/time.ts'
import { linkConfig } from '../config.ts'
import { openDialIdentity } from '../identity/hub.ts'
import { encodeJson } from './admission.ts'
import { frameHeader } from './frame-reader.ts'
import { enrolledEdge, type Hub, startHub } from './hub.fixture.ts'
import { TLS_LIMITS } from './tls.ts'

const portOf = (hub: Hub) => hub.listener.address.port

/** A stranger with a socket of its own. */
function raw(hub: Hub, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ host: '127.0.0.1', port: portOf(hub), localAddress })
  socket.on('error', () => undefined)
  after(() => socket.destroy())
  return socket
}

async function stranger(hub: Hub, more: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: '127.0.0.1', port: portOf(hub), rejectUnauthorized: false, ...more })
  after(() => socket.destroy())
  await once(socket, 'secureConnect')
  socket.on('error', () => undefined)
  return socket
}

const closed = (socket: Socket) => (socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve)))

function frame(bytes: Uint8Array): Buffer {
  return Buffer.concat([frameHeader(bytes.length), bytes])
}

/** What is answered to a stranger's bytes, as text; empty when the line was closed without a word. */
async function answer(hub: Hub, bytes: Uint8Array): Promise<string> {
  const socket = await stranger(hub)
  const parts: Buffer[] = []
  socket.on('data', (chunk) => parts.push(chunk))
  socket.write(bytes)
  await closed(socket)
  return Buffer.concat(parts).subarray(4).toString('utf8')
}

test('500 silent and slow sockets of one address: closed within 10 s, and another address is served within 500 ms meanwhile', async () => {
  const hub = await startHub({ host: '0.0.0.0' })
  const edge = await enrolledEdge(hub, 'edge-1')
  const started = performance.now()
  const sockets = Array.from({ length: 500 }, () => raw(hub, '127.0.0.2'))
  // Some have finished their handshake, some dribble: none of that buys time.
  const half = sockets.slice(0, 10)
  for (const socket of half) socket.write(Buffer.from([0x16, 0x03, 0x01]))
  await Promise.all(sockets.slice(250).map(closed))
  const served: number[] = []
  for (let i = 0; i < 10; i++) {
    const begun = performance.now()
    await (await edge.dial()).close()
    served.push(performance.now() - begun)
  }
  assert.ok(Math.max(...served) < 500, `served within ${Math.round(Math.max(...served))} ms`)
  await Promise.all(sockets.map(closed))
  const tookMs = performance.now() - started
  assert.ok(tookMs < 10_000, `all closed within ${Math.round(tookMs)} ms`)
  const { tooManyOfAddress, silent } = hub.listener.counters.strangers
  assert.deepEqual({ tooManyOfAddress, silent }, { tooManyOfAddress: 480, silent: 20 })
})

test('a stranger that shakes hands and then says nothing, or half a frame, is closed within 10 s', async () => {
  const hub = await startHub()
  const started = performance.now()
  const silent = await stranger(hub)
  const slow = await stranger(hub)
  slow.write(Buffer.concat([frameHeader(100), Buffer.alloc(50)]))
  const drip = setInterval(() => slow.write('x'), 1_000)
  await Promise.all([closed(silent), closed(slow)])
  clearInterval(drip)
  const tookMs = performance.now() - started
  assert.ok(tookMs > 7_000 && tookMs < 10_000, `${tookMs} ms`)
})

test('the number of strangers and of channels is limited, by address, node and in all', async () => {
  const hub = await startHub({ host: '0.0.0.0', limits: { strangers: 3, strangersPerAddress: 2, channels: 2, channelsPerNode: 1 } })
  const edge = await enrolledEdge(hub, 'edge-1')
  const waiting = [raw(hub), raw(hub)]
  await Promise.all(waiting.map((socket) => once(socket, 'connect')))
  await closed(raw(hub))
  raw(hub, '127.0.0.2')
  await closed(raw(hub, '127.0.0.3'))
  assert.deepEqual([hub.listener.counters.strangers.tooManyOfAddress, hub.listener.counters.strangers.tooMany], [1, 1])
  for (const socket of waiting) socket.destroy()
  await Promise.all(waiting.map(closed))
  // The newest line of a node counts.
  const first = await edge.dial()
  await hub.nextChannel()
  const second = await edge.dial()
  await assert.rejects(first.receive(), NotConnected)
  await (await enrolledEdge(hub, 'edge-2')).dial()
  const third = await enrolledEdge(hub, 'edge-3')
  await assert.rejects(third.dial(), (error: unknown) => error instanceof LinkRefused && error.code === 'not-permitted')
  await second.close()
})

test('frames over the limit are refused before anything is kept: 1 GB announced, endless chunks, from strangers and from nodes', async () => {
  const hub = await startHub()
  const edge = await enrolledEdge(hub, 'edge-1')
  const before = process.memoryUsage().rss
  for (const length of [TLS_LIMITS.strangerBytes + 1, 2 ** 30, 2 ** 32 - 1]) {
    const socket = await stranger(hub)
    socket.resume().write(frameHeader(length))
    const junk = Buffer.alloc(64 * 1024)
    const pour = () => {
      while (!socket.destroyed && socket.write(junk));
    }
    socket.on('drain', pour)
    pour()
    await closed(socket)
  }
  const channel = await edge.dial()
  const at = await hub.nextChannel()
  const node = await openDialIdentity({ data: edge.data, link: linkConfig.parse({}) })
  const { certificate, key, ca } = await node.credentials()
  const hostile = await stranger(hub, { ca, cert: certificate, key: key.export({ format: 'pem', type: 'pkcs8' }) as string })
  const from = await hub.nextChannel()
  hostile.resume().write(frameHeader(2 ** 30))
  await assert.rejects(from.receive(), (error: unknown) => error instanceof LinkRefused && error.code === 'too-large')
  await closed(hostile)
  assert.equal(hub.listener.counters.door.tooLarge, 4)
  await channel.send(new Uint8Array([1]))
  assert.deepEqual(await at.receive(), new Uint8Array([1]))
  const grownMb = (process.memoryUsage().rss - before) / 2 ** 20
  assert.ok(grownMb < 16, `${grownMb.toFixed(1)} MB`)
  await assert.rejects(channel.send(new Uint8Array(TLS_LIMITS.frameBytes + 1)), RangeError)
})

test('who does not receive is not read from, and a sender waits for who does not read', async () => {
  const limits = { receiveBytes: 256 * 1024, sendBytes: 256 * 1024 }
  const hub = await startHub({ limits })
  const channel = await (await enrolledEdge(hub, 'edge-1')).dial({ limits })
  const at = await hub.nextChannel()
  const frames = 400
  let sent = 0
  const sending = (async () => {
    for (; sent < frames; sent++) await channel.send(new Uint8Array(64 * 1024).fill(sent))
  })()
  await Promise.race([sending, systemClock.sleep(1_000)])
  const waiting = sent
  assert.ok(waiting < frames, 'the sender did not wait')
  assert.ok(channel.queuedBytes > limits.sendBytes && channel.queuedBytes <= limits.sendBytes + 64 * 1024)
  for (let i = 0; i < frames; i++) assert.equal((await at.receive())[0], i % 256)
  await sending
  assert.equal(channel.queuedBytes, 0)
})

test('a line whose other end takes nothing at all is given up', async () => {
  const hub = await startHub({ limits: { receiveBytes: 64 * 1024 } })
  const channel = await (await enrolledEdge(hub, 'edge-1')).dial({ limits: { stallMs: 300, sendBytes: 64 * 1024 } })
  await hub.nextChannel()
  const pour = async () => {
    for (;;) await channel.send(new Uint8Array(256 * 1024))
  }
  await assert.rejects(pour(), /took nothing for 0.3 s/)
})

test('TLS 1.2, other protocols and plain noise get nowhere', async () => {
  const hub = await startHub()
  await assert.rejects(stranger(hub, { maxVersion: 'TLSv1.2' }), /protocol version/)
  await assert.rejects(stranger(hub, { ALPNProtocols: ['h2'] }), /no application protocol/)
  const noise = raw(hub)
  noise.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await closed(noise)
  assert.equal(hub.listener.counters.handshakes, 3)
  assert.equal((await stranger(hub)).getProtocol(), 'TLSv1.3')
})

test('a node’s certificate does not make it a hub, and another authority’s makes nobody a node', async () => {
  const hub = await startHub()
  const other = await startHub()
  const edge = await enrolledEdge(hub, 'edge-1')
  const { certificate, key } = await (await openDialIdentity({ data: edge.data, link: linkConfig.parse({}) })).credentials()
  const pem = key.export({ format: 'pem', type: 'pkcs8' }) as string
  const false_ = tls.createServer({ cert: certificate, key: pem })
  after(() => false_.close())
  await once(false_.listen(0, '127.0.0.1'), 'listening')
  const { port } = false_.address() as { port: number }
  const refused = (code: string) => (error: unknown) => error instanceof LinkRefused && error.code === code
  await assert.rejects(edge.dial({ address: `127.0.0.1:${port}` }), refused('wrong-hub'))
  // To another hub this node is nobody, and it is not the hub this node trusts either.
  await assert.rejects(edge.dial({ address: other.address }), refused('wrong-hub'))
  const foreign = await stranger(other, { cert: certificate, key: pem })
  const [said] = (await once(foreign, 'data')) as [Buffer]
  assert.match(said.toString('utf8'), /"refused":"not-enrolled"/)
  assert.equal(other.listener.counters.door.admitted, 0)
})

test('sessions are not resumed: each line is looked at anew', async () => {
  const hub = await startHub()
  const sessions: Buffer[] = []
  const first = await stranger(hub)
  first.on('session', (session) => sessions.push(session))
  first.write(frame(encodeJson({})))
  first.resume()
  await closed(first)
  const session = sessions.at(-1)
  const again = await stranger(hub, { ...(session && { session }) })
  assert.equal(again.isSessionReused(), false)
})

test('a stranger’s question is answered or refused, whatever it is; wrong tokens have to wait', async () => {
  const hub = await startHub()
  const secret = 'A'.repeat(43)
  for (const [what, wanted] of [
    ['', 'bad-request'],
    ['nonsense', 'bad-request'],
    ['[]', 'bad-request'],
    ['['.repeat(16_000), 'bad-request'],
    ...Array(5).fill([JSON.stringify({ enroll: { secret, request: '' } }), 'token-unknown']),
    [JSON.stringify({ enroll: { secret, request: '' } }), 'too-many-attempts'],
  ])
    assert.match(await answer(hub, frame(new TextEncoder().encode(what))), new RegExp(`"refused":"${wanted}"`))
  assert.deepEqual(hub.identity.enrolment.counters.refused['bad-request'], 4)
  assert.deepEqual(hub.identity.enrolment.counters.refused['token-unknown'], 5)
})

test('no bytes of a stranger end the hub, or hold it up', async () => {
  const hub = await startHub()
  let longestMs = 0
  let last = performance.now()
  const watch = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last)
    last = performance.now()
  }, 5)
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map((text) => frame(new TextEncoder().encode(text))),
      ),
      async (bytes) => {
        const socket = await stranger(hub)
        socket.end(bytes)
        socket.resume()
        await closed(socket)
      },
    ),
    { numRuns: 200 },
  )
  clearInterval(watch)
  assert.ok(longestMs < 1_000, `held up for ${longestMs} ms`)
  assert.equal((await enrolledEdge(hub, 'edge-1')).data.length > 0, true)
})

test('OpenSSL’s own client finds a hub as it should be', {
  skip: spawnSync('openssl', ['version']).status !== 0 && 'no openssl here',
}, async () => {
  const hub = await startHub()
  const ca = join(hub.data, 'identity', 'authority', 'ca.pem')
  const ask = (...more: string[]) =>
    new Promise<string>((resolve) => {
      const child = spawn('openssl', ['s_client', '-connect', hub.address, '-CAfile', ca, '-purpose', 'sslserver', ...more], {
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      let said = ''
      child.stdout.on('data', (text) => {
        said += text
        if (/Verify return code/.test(said)) child.stdin.end()
      })
      child.stderr.on('data', (text) => {
        said += text
      })
      child.on('close', () => resolve(said))
    })
  const good = await ask('-alpn', 'ecluse-link/1')
  assert.match(good, /New, TLSv1\.3/)
  assert.match(good, /ALPN protocol: ecluse-link\/1/)
  assert.match(good, /Verify return code: 0 \(ok\)/)
  assert.match(good, /Acceptable client certificate CA names\s+CN ?= ?Ecluse CA hub-1/)
  assert.match(await ask('-tls1_2'), /alert protocol version/)
})
