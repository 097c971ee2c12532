import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { AuditEntry } from '../../core/audit.ts'
import { silent } from '../../core/log.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { parseTime, systemClock } from '../../core/time.ts'
import { selfSigned, withoutOpenssl } from '../../lib/certificates.fixture.ts'
import { machineFiles } from '../../lib/durable-files.ts'
import { auditConfig } from '../config.ts'
import { toCef, toSyslog } from './formats.ts'
import { startForwarding } from './forward.ts'
import { AUDIT_LIMITS } from './limits.ts'
import { startRsyslog, withoutRsyslog } from './rsyslog.fixture.ts'

const time = parseTime('2026-11-23T08:00:00.123Z')
const sender = { node: 'edge-1', version: '0.1.0' }
const entry = (n: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  n,
  time,
  kind: 'sign-in',
  outcome: 'done',
  who: 'ada',
  from: '192.0.2.7',
  ...more,
})

/** A log in memory. */
function logOf(entries: AuditEntry[], first = 1) {
  return async (after: number) => ({
    entries: entries.filter(({ n }) => n > after && n >= first).slice(0, AUDIT_LIMITS.forwardEntries),
    first,
  })
}

async function begin(t: TestContext, forward: object, entries: AuditEntry[], options: { directory?: string; first?: number } = {}) {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'ecluse-forward-')))
  const config = auditConfig.parse({ forward: [forward] }).forward[0]
  assert.ok(config)
  const after = logOf(entries, options.first)
  const forwarding = startForwarding({
    config,
    sender,
    directory,
    files: machineFiles,
    after,
    clock: systemClock,
    log: silent,
    random: () => 0.5,
  })
  t.after(async () => {
    await forwarding.close()
    await rm(directory, { recursive: true, force: true })
  })
  return { forwarding, directory }
}

test('a message of RFC 5424 has every field, escaped as its section 6.3.3 says', () => {
  const message = toSyslog(entry(7, { who: 'a"b\\c]d', what: 'GET /x', detail: { 'odd name=': 1 }, outcome: 'refused' }), {
    ...sender,
    node: 'nœud 1',
  }).toString()
  assert.equal(
    message,
    `<108>1 2026-11-23T08:00:00.123Z n_ud_1 ecluse ${process.pid} sign-in [audit@32473 n="7" kind="sign-in" outcome="refused" who="a\\"b\\\\c\\]d" from="192.0.2.7" what="GET /x" odd_name_="1"] \ufeffsign-in refused by a"b\\c]d from 192.0.2.7 (GET /x)`,
  )
})

test('a message of CEF has seven fields of header and an extension, escaped', () => {
  const message = toCef(entry(7, { who: 'a=b|c\\d', what: 'GET /x?y=1', kind: 'denial', outcome: 'refused' }), sender).toString()
  assert.match(message, /^<108>1 2026-11-23T08:00:00\.123Z edge-1 ecluse \d+ denial - CEF:0\|Écluse\|Écluse\|0\.1\.0\|denial\|/)
  assert.match(
    message,
    /\|denial refused by a=b\\\|c\\\\d from 192\.0\.2\.7 \(GET \/x\?y=1\)\|6\|rt=1795420800123 externalId=7 dvchost=edge-1 outcome=refused suser=a\\=b\|c\\\\d src=192\.0\.2\.7 request=GET \/x\?y\\=1$/,
  )
})

for (const transport of ['udp', 'tcp', 'tls'] as const) {
  test(`rsyslog understands every message over ${transport}, of syslog and of CEF`, {
    skip: withoutRsyslog || withoutOpenssl,
  }, async (t) => {
    const pair = selfSigned('rsyslog')
    const rsyslog = await startRsyslog(t, transport, pair)
    const entries = [
      entry(1, { who: 'Zoë "x" ]\\' }),
      entry(2, { kind: 'finding' }),
      entry(3, { what: 'y'.repeat(256), detail: { a: 'z'.repeat(256) } }),
    ]
    const place = { transport, host: '127.0.0.1', port: rsyslog.port, ...(transport === 'tls' && { tls: { ca: pair.certificate } }) }
    const { forwarding } = await begin(t, { ...place, format: 'syslog' }, entries)
    await rsyslog.until(3)
    const [first, second, third] = rsyslog.messages()
    assert.deepEqual(
      [first?.pri, first?.host, first?.app, first?.id, first?.time],
      ['109', 'edge-1', 'ecluse', 'sign-in', '2026-11-23T08:00:00.123Z'],
    )
    assert.equal(first?.data, '[audit@32473 n="1" kind="sign-in" outcome="done" who="Zoë \\"x\\" \\]\\\\" from="192.0.2.7"]')
    assert.match(first?.msg ?? '', /sign-in done by Zoë "x" \]\\ from 192\.0\.2\.7$/)
    assert.equal(second?.pri, '106')
    assert.match(third?.data ?? '', /z{256}/)
    assert.deepEqual({ ...forwarding.view(3), to: '' }, { to: '', format: 'syslog', sent: 3, waiting: 0, lost: 0, problem: undefined })
    await begin(t, { ...place, format: 'cef' }, entries)
    await rsyslog.until(6)
    assert.match(rsyslog.messages()[3]?.msg ?? '', /^ ?CEF:0\|Écluse\|Écluse\|0\.1\.0\|sign-in\|/)
  })
}

test('after an outage what was not sent comes from the file, and what went lost in it is counted', { skip: withoutRsyslog }, async (t) => {
  const rsyslog = await startRsyslog(t, 'tcp')
  const entries = [entry(1), entry(2)]
  const place = { transport: 'tcp', host: '127.0.0.1', port: rsyslog.port }
  const { forwarding, directory } = await begin(t, place, entries)
  await rsyslog.until(2)
  await rsyslog.stop()
  for (let n = 3; n <= 300; n++) entries.push(entry(n))
  await rsyslog.start()
  const all = () => new Set(rsyslog.messages().map(({ data }) => /n="(\d+)"/.exec(data)?.[1]))
  const isWhole = () => all().size === 300
  for (let i = 0; i < 1000 && !isWhole(); i++) await systemClock.sleep(20)
  assert.equal(all().size, 300)
  await forwarding.close()
  // A restart goes on where it was; what has been removed from the log since is counted.
  entries.push(entry(400), entry(401))
  const again = await begin(t, place, entries, { directory, first: 400 })
  for (let i = 0; i < 1000 && all().size < 302; i++) await systemClock.sleep(20)
  assert.equal(all().size, 302)
  assert.ok(again.forwarding.view(401).lost >= 99, `${again.forwarding.view(401).lost} lost`)
})

test('a receiver whose certificate nobody vouches for gets nothing', { skip: withoutRsyslog || withoutOpenssl }, async (t) => {
  const rsyslog = await startRsyslog(t, 'tls', selfSigned('rsyslog'))
  const { forwarding } = await begin(
    t,
    { transport: 'tls', host: '127.0.0.1', port: rsyslog.port, tls: { ca: selfSigned('other').certificate } },
    [entry(1)],
  )
  for (let i = 0; i < 500 && !forwarding.view(1).problem; i++) await systemClock.sleep(20)
  assert.match(forwarding.view(1).problem ?? '', /self.signed|certificate/)
  assert.deepEqual(rsyslog.messages(), [])
})

test('what a policy holds back waits, is told once by entry, and goes when the way is open', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-forward-'))
  const config = auditConfig.parse({ forward: [{ host: '127.0.0.1', port: 9, transport: 'udp' }] }).forward[0]
  assert.ok(config)
  const clock = new ManualClock(time)
  const entries = [1, 2, 3].map((n) => entry(n))
  const told = { held: [] as [string, number][], passed: 0 }
  let isOpen = false
  let opened = 0
  const forwarding = startForwarding({
    ...{ config, sender, directory, files: machineFiles, clock, log: silent, random: () => 0.5 },
    after: async (n) => logOf(entries)(n),
    open: async () => {
      opened++
      return { ended: new Promise<void>(() => {}), send: async () => {}, close: () => {} }
    },
    policy: {
      against: () => (isOpen ? undefined : 'conduit-cut'),
      held: (_, reason, count) => told.held.push([reason, count]),
      passed: (_, count) => {
        told.passed += count
      },
    },
  })
  t.after(async () => {
    await forwarding.close()
    await rm(directory, { recursive: true, force: true })
  })
  const after = async (isTrue: () => boolean) => {
    for (let turn = 0; turn < 200 && !isTrue(); turn++) await clock.advance(1_000)
    assert.ok(isTrue())
  }
  await after(() => told.held.length === 1)
  entries.push(entry(4))
  await after(() => told.held.length === 2)
  assert.deepEqual(told.held, [
    ['conduit-cut', 3],
    ['conduit-cut', 1],
  ])
  assert.deepEqual([opened, forwarding.view(4).waiting, forwarding.view(4).problem], [0, 4, 'conduit-cut'])
  isOpen = true
  await after(() => told.passed === 4)
  assert.deepEqual([told.held.length, forwarding.view(4).waiting], [2, 0])
})

test('what is handed to the network at once is bounded in bytes, and nothing is left out', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-forward-'))
  const config = auditConfig.parse({ forward: [{ host: '127.0.0.1', port: 9, transport: 'tcp' }] }).forward[0]
  assert.ok(config)
  const detail = Object.fromEntries(
    Array.from({ length: AUDIT_LIMITS.detailFields }, (_, i) => [`f${i}`, 'z'.repeat(AUDIT_LIMITS.textLength)]),
  )
  const entries = Array.from({ length: AUDIT_LIMITS.forwardEntries }, (_, i) => entry(i + 1, { detail }))
  const handed: { bytes: number; count: number }[] = []
  const all = Promise.withResolvers<void>()
  const forwarding = startForwarding({
    ...{
      config,
      sender,
      directory,
      files: machineFiles,
      clock: new ManualClock(time),
      log: silent,
      random: () => 0.5,
      after: logOf(entries),
    },
    open: async () => ({
      ended: new Promise<void>(() => {}),
      send: async (messages) => {
        handed.push({ bytes: messages.reduce((sum, { length }) => sum + length, 0), count: messages.length })
        if (handed.reduce((sum, { count }) => sum + count, 0) === entries.length) all.resolve()
      },
      close: () => {},
    }),
  })
  t.after(async () => {
    await forwarding.close()
    await rm(directory, { recursive: true, force: true })
  })
  await all.promise
  const [first = assert.fail()] = handed
  const one = first.bytes / first.count
  assert.ok(handed.length > 2)
  for (const { bytes } of handed) assert.ok(bytes <= AUDIT_LIMITS.forwardBytes)
  assert.ok(first.bytes > AUDIT_LIMITS.forwardBytes - 2 * one, 'as many as fit')
})
