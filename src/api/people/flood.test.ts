import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { ManualClock } from '../../core/manual-clock.ts'
import { json, PASSWORD } from '../fixture.ts'
import { API_LIMITS } from '../limits.ts'
import { Rate } from './rate.ts'
import { settings, somebody, startZones, withCookie } from './zones.fixture.ts'

const MOST_MS = 500
const FLOOD_MS = 8_000

test('the reserved listener answers who administers while the public one is flooded: p99 within 500 ms, sign-in included', {
  timeout: 60_000,
}, async (t) => {
  const api = await startZones({ people: settings(), requestsPerSecond: 200, admin: { host: '127.0.0.1', port: 0 } })
  t.after(() => api.close())
  await api.signIn()
  const { port } = new URL(api.url)
  const flood = new Worker(new URL('./flood.fixture.ts', import.meta.url), { workerData: { port: Number(port), ms: FLOOD_MS } })
  const counted = new Promise<{ slow: number; requests: number }>((resolve) => flood.once('message', resolve))
  const ended = new Promise((resolve) => flood.once('exit', resolve))
  await new Promise((resolve) => flood.once('online', resolve))
  const reserved = { ...api, url: api.adminUrl as string }
  const signedIn = await fetch(`${reserved.url}/api/v1/session`, json({ name: 'ana', password: PASSWORD }))
  assert.equal(signedIn.status, 200)
  const call = withCookie(reserved, signedIn)
  const times: number[] = []
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  while (!isOver) {
    const begin = performance.now()
    const { status } = await call('/api/v1/users')
    times.push(performance.now() - begin)
    assert.equal(status, 200)
  }
  const { slow, requests } = await counted
  times.sort((a, b) => a - b)
  const p99 = times[Math.floor(times.length * 0.99)] as number
  t.diagnostic(
    `${times.length} requests, p50 ${times[times.length >> 1]?.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms beside ${slow} slow sockets and ${requests} requests`,
  )
  assert.ok(times.length >= 50 && slow >= 150 && requests >= 1_000, `${times.length} ${slow} ${requests}`)
  assert.ok(p99 <= MOST_MS, `p99 ${p99} ms`)
})

test('the reserved listener is for who administers only', async (t) => {
  const api = await startZones({ people: settings(), admin: { host: '127.0.0.1', port: 0 } })
  t.after(() => api.close())
  await api.signIn()
  await somebody(api, 'bo', ['read@*', 'operate@*'])
  const reserved = { ...api, url: api.adminUrl as string }
  const bo = withCookie(
    reserved,
    await fetch(`${reserved.url}/api/v1/session`, json({ name: 'bo', password: 'seven grey herons fishing' })),
  )
  const answer = await bo('/api/v1/signals')
  assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [403, 'reserved'])
  assert.equal((await fetch(`${reserved.url}/api/v1/signals`)).status, 401)
})

test('requests of one address and of one identity are bounded, and refused ones counted', async (t) => {
  const api = await startZones({ people: settings(), requestsPerSecond: 20 })
  t.after(() => api.close())
  await api.signIn()
  const statuses: number[] = []
  const ask = async () => {
    while (statuses.length < 300) statuses.push((await api.call('/api/v1/health')).status)
  }
  await Promise.all(Array.from({ length: 20 }, ask))
  const refused = statuses.filter((status) => status === 429).length
  assert.ok(refused >= 60 && refused < 300, `${refused} refused`)
  const clock = new ManualClock(0)
  const rate = new Rate(clock, 10)
  const taken = (key: string) => Array.from({ length: 60 }, () => rate.take(key)).filter(Boolean).length
  assert.deepEqual([taken('a'), taken('a'), taken('b'), rate.refused], [50, 0, 50, 80])
  await clock.advance(1_000)
  assert.equal(taken('a'), 10)
  for (let i = 0; i < API_LIMITS.throttled + 10; i++) rate.take(`many ${i}`)
  assert.equal(taken('b'), 50, 'the oldest made room')
})
