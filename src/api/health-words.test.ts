import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NotConnected } from '../core/errors.ts'
import type { ConnectionHealth } from '../core/node-view.ts'
import { fault } from '../core/peer-faults.ts'
import { type Fixture, startFixture } from './fixture.ts'
import type { Health } from './schemas.ts'

const HEALTH = '/api/v1/health'

async function failing(lastError: ConnectionHealth['lastError'], use: (api: Fixture) => Promise<void>): Promise<void> {
  const plain = await startFixture(1)
  const [one] = plain.view.connections() as [ConnectionHealth]
  await plain.close()
  const api = await startFixture(1, { node: { connections: () => [{ ...one, lastError }] } })
  try {
    await api.signIn()
    await use(api)
  } finally {
    await api.close()
  }
}

test('the last error of a connection is said in the language of the caller, also in the live stream', async () => {
  const {
    message,
    hint,
    fault: why,
  } = new NotConnected('plc:502: connect ECONNREFUSED', {
    ...{ hint: 'is Modbus on?', fault: fault('refused', { peer: 'plc:502' }) },
  })
  await failing({ time: 1, message, hint: hint as string, fault: why as NonNullable<typeof why> }, async (api) => {
    const last = async (language: string) => {
      const answer = await api.call(HEALTH, { headers: { 'accept-language': language } })
      return ((await answer.json()) as Health).connections[0]?.lastError
    }
    assert.deepEqual(await last('en'), { time: '1970-01-01T00:00:00.000001Z', language: 'en', message, hint, fault: 'refused' })
    const french = await last('fr')
    assert.deepEqual([french?.language, french?.message], ['fr', 'plc:502 : rien n’écoute à cette adresse'])
    assert.match(french?.hint ?? '', /port/)
    const stop = new AbortController()
    const stream = await api.call('/api/v1/live?match=**&lang=fr', { signal: stop.signal })
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of stream.body as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true })
      if (text.includes('"lastError"')) break
    }
    stop.abort()
    assert.match(text, /rien n’écoute/)
  })
})

test('what has no code is said as the peer said it, and told to be English', async () => {
  await failing({ time: 1, message: 'quota exceeded' }, async (api) => {
    const answer = await api.call(HEALTH, { headers: { 'accept-language': 'fr' } })
    const last = ((await answer.json()) as Health).connections[0]?.lastError
    assert.deepEqual([last?.language, last?.message, last?.fault], ['en', 'quota exceeded', undefined])
  })
})
