import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { LIMITS } from '../../core/limits.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { DAY } from '../../core/time.ts'
import { lockDirectory } from '../spool/lock.ts'
import { countAttempts } from './attempts.ts'
import { EnrolmentRefused, IdentityError } from './errors.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import { openRegistry } from './registry.ts'
import { decodeToken, openTokens } from './tokens.ts'

const clock = () => new ManualClock(1_800_000_000_000_000)
const problem = (code: string) => (error: unknown) =>
  (error instanceof IdentityError || error instanceof EnrolmentRefused) && error.code === code

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'ecluse-identity-'))
  after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const certificate = (serial: string, now: number, days = 90) => ({ serial, notBefore: now, notAfter: now + days * DAY })

test('registry: enrolled, renewed, revoked, let in again; everything is still so after a restart', async () => {
  const time = clock()
  const directory = folder()
  const open = () => openRegistry({ directory, clock: time, anySerial: false })
  const registry = await open()
  const verdict = async (serial: string, name = 'edge-1') => (await open()).verdict({ name, ...certificate(serial, time.now()) })?.code
  assert.equal(await verdict('aa'), 'not-enrolled')
  await assert.rejects(registry.enrol('edge-1', certificate('aa', time.now()), time.now()), problem('unknown'))
  await registry.add('edge-1', false)
  await registry.add('edge-1', false)
  assert.equal(await verdict('aa'), 'not-enrolled')
  await registry.enrol('edge-1', certificate('aa', time.now()), time.now())
  assert.equal(await verdict('aa'), undefined)
  await assert.rejects(registry.add('edge-1', false), problem('exists'))
  await registry.add('edge-1', true)
  await registry.renew('edge-1', certificate('bb', time.now()), 'aa')
  assert.deepEqual([await verdict('aa'), await verdict('bb')], [undefined, undefined])
  await time.advance(1000)
  await registry.revoke('edge-1', 'tester', 'stolen'.padEnd(1000))
  assert.deepEqual([await verdict('aa'), await verdict('bb')], ['revoked', 'revoked'])
  assert.equal(registry.node('edge-1')?.revoked?.reason.length, IDENTITY_LIMITS.textLength)
  await assert.rejects(registry.renew('edge-1', certificate('cc', time.now()), 'bb'), problem('unknown'))
  await registry.add('edge-1', false)
  assert.equal(await verdict('bb'), 'revoked')
  await registry.enrol('edge-1', certificate('dd', time.now()), time.now())
  assert.deepEqual([await verdict('aa'), await verdict('dd')], ['revoked', undefined])
  await assert.rejects(registry.revoke('nobody', 'tester', ''), problem('unknown'))
  const file = join(directory, 'nodes', 'registry.json')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40))
  await assert.rejects(open(), problem('damaged'))
})

test('registry: a hand-full of certificates of one node is remembered, the one in use always', async () => {
  const time = clock()
  const registry = await openRegistry({ directory: folder(), clock: time, anySerial: false })
  await registry.add('edge-1', false)
  await registry.enrol('edge-1', certificate('a0', time.now()), time.now())
  for (let i = 1; i < 10; i++) await registry.renew('edge-1', certificate(`a${i}`, time.now()), 'a0')
  assert.deepEqual(
    registry.node('edge-1')?.certificates.map(({ serial }) => serial),
    ['a0', 'a7', 'a8', 'a9'],
  )
  await registry.renew('edge-1', certificate('b0', time.now()), undefined)
  assert.equal(registry.node('edge-1')?.certificates.length, IDENTITY_LIMITS.certificatesPerNode)
  await time.advance(91 * 86_400_000)
  await registry.renew('edge-1', certificate('b1', time.now()), undefined)
  assert.deepEqual(
    registry.node('edge-1')?.certificates.map(({ serial }) => serial),
    ['b1'],
  )
  for (let i = 0; i < 20; i++) {
    await registry.renew('edge-1', certificate(`c${i}`, time.now()), undefined)
    await registry.revoke('edge-1', 'tester', '')
    await registry.enrol('edge-1', certificate(`d${i}`, time.now()), time.now())
  }
  assert.equal(registry.node('edge-1')?.withdrawn.length, IDENTITY_LIMITS.withdrawnPerNode)
})

test('registry: what two processes write at once is all there, and each sees the other’s; sightings are written by flush', async () => {
  const time = clock()
  const directory = folder()
  const [a, b] = await Promise.all([1, 2].map(() => openRegistry({ directory, clock: time, anySerial: false })))
  assert.ok(a && b)
  let told = 0
  const forget = b.onChange(() => void told++)
  await Promise.all([...Array(10).keys()].flatMap((i) => [a.add(`a${i}`, false), b.add(`b${i}`, false)]))
  await a.refresh()
  await b.refresh()
  assert.deepEqual([a.nodes.length, b.nodes.length], [20, 20])
  const before = told
  await a.revoke('b3', 'tester', 'x')
  await b.refresh()
  assert.deepEqual([told, b.node('b3')?.revoked?.by], [before + 1, 'tester'])
  await b.refresh()
  assert.equal(told, before + 1)
  forget()
  await a.seen({ name: 'a1', ...certificate('aa', time.now()) }, '10.0.0.7')
  assert.equal(b.node('a1')?.lastSeen, undefined)
  await a.flush()
  await a.flush()
  await b.refresh()
  assert.deepEqual([b.node('a1')?.lastAddress, b.node('a1')?.lastSeen, told], ['10.0.0.7', time.now(), before + 1])
})

test('registry: the customer’s authority vouches for serial numbers; what was revoked stays out when the node comes back', async () => {
  const time = clock()
  const registry = await openRegistry({ directory: folder(), clock: time, anySerial: true })
  const facts = (serial: string) => ({ name: 'edge-1', ...certificate(serial, time.now()) })
  assert.equal(registry.verdict(facts('aa'))?.code, 'not-enrolled')
  await registry.add('edge-1', false)
  assert.equal(registry.verdict(facts('aa')), undefined)
  await registry.seen(facts('aa'), '10.0.0.7')
  await registry.revoke('edge-1', 'tester', 'stolen')
  assert.equal(registry.verdict(facts('bb'))?.code, 'revoked')
  await registry.add('edge-1', false)
  assert.deepEqual([registry.verdict(facts('aa'))?.code, registry.verdict(facts('bb'))], ['revoked', undefined])
})

test('registry: no more nodes than there may be', async () => {
  const time = clock()
  const directory = folder()
  const registry = await openRegistry({ directory, clock: time, anySerial: false })
  await registry.add('first', false)
  const node = registry.nodes[0]
  const many = Array.from({ length: LIMITS.streams }, (_, index) => ({ ...node, name: `n${index}` }))
  const file = join(directory, 'nodes', 'registry.json')
  writeFileSync(file, JSON.stringify({ version: 1, nodes: many }))
  await assert.rejects(registry.add('one-more', false), problem('too-many'))
  writeFileSync(file, 'x'.repeat(IDENTITY_LIMITS.stateBytes + 1))
  await assert.rejects(registry.refresh(), problem('damaged'))
})

test('tokens: used once, also when two come at once, after a restart too; the file holds no secret', async () => {
  const time = clock()
  const directory = folder()
  const tokens = await openTokens(directory, time)
  const made = { node: 'edge-1', address: 'hub:8490', fingerprint: 'ab'.repeat(32), lifetimeMs: 60_000 }
  const { text } = await tokens.create(made)
  const { secret, ...rest } = decodeToken(` ${text}\n`)
  assert.deepEqual(rest, { v: 1, address: 'hub:8490', node: 'edge-1', ca: 'ab'.repeat(32) })
  const file = readFileSync(join(directory, 'tokens', 'tokens.json'), 'utf8')
  assert.ok(!file.includes(secret) && !file.includes(Buffer.from(secret, 'base64url').toString('hex')))
  const other = await openTokens(directory, time)
  assert.equal((await other.find(secret)).node, 'edge-1')
  const outcomes = await Promise.allSettled([tokens.use(secret), other.use(secret), tokens.use(secret)])
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  await assert.rejects((await openTokens(directory, time)).use(secret), problem('token-used'))
  // A newer token takes the place of one that nobody used.
  const replaced = decodeToken((await tokens.create(made)).text).secret
  const last = decodeToken((await tokens.create(made)).text).secret
  await assert.rejects(tokens.find(replaced), problem('token-unknown'))
  await time.advance(60_001)
  await assert.rejects(tokens.find(last), problem('token-expired'))
  await assert.rejects(tokens.use(last), problem('token-expired'))
})

test('tokens: as many as there may be, forgotten a week after their end; a broken text is no token', async () => {
  const time = clock()
  const directory = folder()
  const hashed = (index: number) => ({
    hash: index.toString(16).padStart(64, '0'),
    node: `n${index}`,
    created: time.now(),
    expires: time.now(),
  })
  await openTokens(directory, time)
  const all = { version: 1, tokens: Array.from({ length: IDENTITY_LIMITS.tokens }, (_, index) => hashed(index)) }
  writeFileSync(join(directory, 'tokens', 'tokens.json'), JSON.stringify(all), { mode: 0o600 })
  const tokens = await openTokens(directory, time)
  const made = { node: 'edge-1', address: 'hub:8490', fingerprint: 'ab'.repeat(32), lifetimeMs: 60_000 }
  await assert.rejects(tokens.create(made), problem('too-many'))
  await time.advance(IDENTITY_LIMITS.tokenMemoryMs)
  const { text } = await tokens.create(made)
  const said = Buffer.from(text, 'base64url').toString()
  const padded = (length: number) => Buffer.from(said.padEnd(Math.floor((length * 3) / 4))).toString('base64url')
  assert.equal(padded(IDENTITY_LIMITS.tokenLength).length, IDENTITY_LIMITS.tokenLength)
  assert.equal(decodeToken(padded(IDENTITY_LIMITS.tokenLength)).node, 'edge-1')
  assert.throws(() => decodeToken(padded(IDENTITY_LIMITS.tokenLength + 4)), problem('bad-token'))
  for (const broken of ['', text.slice(1), text.slice(0, -4), `${text}!`, 'A'.repeat(2000), Buffer.from('{"v":1}').toString('base64url')])
    assert.throws(() => decodeToken(broken), problem('bad-token'))
})

test('attempts: a few are free, then each wait is twice the last; so many addresses are remembered', async () => {
  const time = clock()
  const attempts = countAttempts(time)
  for (let i = 1; i < IDENTITY_LIMITS.freeAttempts; i++) attempts.failed('a')
  assert.equal(attempts.waitMs('a'), 0)
  attempts.failed('a')
  assert.equal(attempts.waitMs('a'), IDENTITY_LIMITS.firstWaitMs)
  attempts.failed('a')
  assert.equal(attempts.waitMs('a'), 2 * IDENTITY_LIMITS.firstWaitMs)
  await time.advance(2 * IDENTITY_LIMITS.firstWaitMs)
  assert.deepEqual([attempts.waitMs('a'), attempts.waitMs('b')], [0, 0])
  for (let i = 0; i < 20; i++) attempts.failed('a')
  assert.equal(attempts.waitMs('a'), IDENTITY_LIMITS.longestWaitMs)
  for (let i = 0; i < IDENTITY_LIMITS.addresses; i++) attempts.failed(`x${i}`)
  assert.equal(attempts.waitMs('a'), 0)
  for (let i = 0; i < 5; i++) attempts.failed('b')
  attempts.succeeded('b')
  assert.equal(attempts.waitMs('b'), 0)
})

test('a file that another process holds for too long is an error, not a wait without end', async () => {
  const directory = folder()
  const registry = await openRegistry({ directory, clock: clock(), anySerial: false })
  const release = await lockDirectory(join(directory, 'nodes'))
  const started = performance.now()
  await assert.rejects(registry.add('edge-1', false), problem('busy'))
  assert.ok(performance.now() - started >= IDENTITY_LIMITS.lockMs)
  await release()
  await registry.add('edge-1', false)
})
