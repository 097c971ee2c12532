import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../config/index.ts'
import { NotConnected } from '../core/errors.ts'
import { silent } from '../core/log.ts'
import { DAY, systemClock } from '../core/time.ts'
import { IDENTITY_LIMITS } from '../gateway/identity/limits.ts'
import { enrolledEdge, startHub } from '../gateway/link/hub.fixture.ts'
import { transportOf } from './transport.ts'

test('a certificate of the customer’s own that is replaced on disk is shown as it is, without a restart', {
  skip: spawnSync('openssl', ['version']).status !== 0 && 'no openssl here',
}, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'ecluse-own-ca-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: home, stdio: 'pipe' })
  for (const name of ['ca', 'hub']) {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`)
    chmodSync(join(home, `${name}.key`), 0o600)
  }
  openssl('req', '-new', '-x509', '-key', 'ca.key', '-subj', '/CN=Plant root', '-days', '400', '-out', 'ca.pem')
  openssl('req', '-new', '-key', 'hub.key', '-subj', '/CN=hub', '-out', 'hub.csr')
  const issue = (days: string) =>
    openssl('x509', '-req', '-in', 'hub.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', days, '-out', 'hub.pem')
  issue('200')
  const file = join(home, 'ecluse.yaml')
  writeFileSync(
    file,
    `version: 1\nsite: { id: t }\nnode: { id: hub, role: hub }\ndata: ${join(home, 'data')}\nlink: { ca: ca.pem, certificate: hub.pem, key: hub.key }\n`,
  )
  const transport = await transportOf(await loadConfig(file, { connectors: [], env: {} }), { clock: systemClock, log: silent })
  const days = () => ((transport?.identity?.().listener?.notAfter ?? 0) - systemClock.now()) / DAY
  assert.ok(days() > 199)
  issue('20')
  for (let i = 0; i < 1000 && days() > 21; i++) await systemClock.sleep(10)
  assert.ok(days() < 21, 'it ends within a month: that is a finding')
})

test('a renewal that does not work is in the log of the node, with the reason, and one that does', async () => {
  let later = 0
  const hub = await startHub({ clock: { ...systemClock, now: () => systemClock.now() + later } })
  const edge = await enrolledEdge(hub, 'edge-1')
  const file = join(edge.data, 'ecluse.yaml')
  writeFileSync(file, `version: 1\nsite: { id: t }\nnode: { id: edge-1, role: edge }\ndata: ${edge.data}\n`)
  const said: string[] = []
  const note = (fields: object | string, message = '') => void said.push(`${message} ${JSON.stringify(fields)}`)
  const log = { ...silent, info: note, warn: note }
  let ahead = 0
  const clock = { ...systemClock, now: () => systemClock.now() + ahead }
  const transport = await transportOf(await loadConfig(file, { connectors: [], env: {} }), { clock, log })
  const renewed = async (answer: (request: string) => Promise<unknown>) => transport?.renew?.(answer)
  await renewed(() => assert.fail('nothing is due'))
  ahead = 61 * DAY
  await assert.rejects(
    renewed(async () => ({ refused: 'revoked', message: 'no longer' })),
    /no longer/,
  )
  await assert.rejects(
    renewed(() => Promise.reject(new NotConnected('cut'))),
    NotConnected,
  )
  assert.equal(said.length, 1, said.join('\n'))
  assert.match(said[0] ?? '', /cannot be renewed.*no longer/)
  later = IDENTITY_LIMITS.renewEveryMs * 1000
  await renewed((request) => hub.identity.enrolment.answerRenew(request, { node: 'edge-1', address: 'here', mayForward: false }))
  assert.match(said[1] ?? '', /was renewed.*until/)
})
