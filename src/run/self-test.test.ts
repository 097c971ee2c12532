import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseTime } from '../core/time.ts'
import { type SelfTestWorld, selfTest } from './self-test.ts'

const directory = mkdtempSync(join(tmpdir(), 'ecluse-self-test-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const world: SelfTestWorld = { now: parseTime('2027-01-01T00:00:00Z'), env: {}, userId: 1000, directory }

const wrong = async (over: Partial<SelfTestWorld>) =>
  (await selfTest({ ...world, ...over })).filter(({ result }) => result !== 'ok').map(({ check, result }) => `${result}: ${check}`)

test('everything security rests on gives the known answers here', async () => {
  const results = await selfTest(world)
  assert.deepEqual(
    results.filter(({ result }) => result !== 'ok'),
    [],
  )
  assert.equal(results.length, 11)
})

test('a function that answers wrongly, or not at all, is found', async () => {
  const functions = (over: Partial<typeof crypto>) => ({ functions: { ...crypto, ...over } as typeof crypto })
  const hash = ((name: string) => crypto.createHash(name === 'sha256' ? 'sha1' : name)) as typeof crypto.createHash
  assert.deepEqual(await wrong(functions({ createHash: hash })), ['fail: SHA-256'])
  assert.deepEqual(await wrong(functions({ verify: (() => true) as typeof crypto.verify })), ['fail: Ed25519'])
  assert.deepEqual(await wrong(functions({ randomBytes: ((n: number) => Buffer.alloc(n)) as typeof crypto.randomBytes })), [
    'fail: random numbers',
  ])
  const gone = () => {
    throw new Error('not supported')
  }
  assert.deepEqual(
    await wrong(functions({ createCipheriv: gone, scryptSync: gone, argon2Sync: gone, createHmac: gone } as Partial<typeof crypto>)),
    [...['fail: HMAC-SHA-256', 'fail: AES-256-GCM', 'fail: scrypt', 'fail: Argon2id']],
  )
})

test('TLS without checks, a clock of 1970, root, and secrets that others may read', async () => {
  assert.deepEqual(await wrong({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }), ['fail: TLS'])
  assert.deepEqual(await wrong({ now: 0 }), ['warn: clock'])
  assert.deepEqual(await wrong({ userId: 0 }), ['warn: user'])
  mkdirSync(join(directory, 'identity'))
  const file = join(directory, 'identity', 'node.key')
  writeFileSync(file, 'x', { mode: 0o600 })
  assert.deepEqual(await wrong({}), [])
  chmodSync(file, 0o640)
  assert.deepEqual(await wrong({}), ['fail: files with secrets'])
})
