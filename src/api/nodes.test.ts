import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Historian } from '../core/historian.ts'
import type { IdentityView, RefusedFile } from '../core/link.ts'
import { CARRIED_REFUSALS, REFUSAL_CODES } from '../core/link.ts'
import type { ContestedSignal, NodeView, RemoteNode, SenderRefusal, SpoolOutlook, UplinkView } from '../core/node-view.ts'
import type { SpoolStats } from '../core/spool.ts'
import { DAY, formatTime, MINUTE, SECOND, systemClock } from '../core/time.ts'
import { type Fixture, startFixture } from './fixture.ts'
import { API_LIMITS } from './limits.ts'
import { gapList, health, nodeList, signalPage } from './schemas.ts'

const ago = (us: number) => systemClock.now() - us

/** What the node of these tests says of itself; each test sets what it is about. */
interface Said {
  uplink: UplinkView | undefined
  outlook: SpoolOutlook
  remotes: RemoteNode[]
  refusals: SenderRefusal[]
  refusedFiles: RefusedFile[]
  contested: ContestedSignal[]
  identity: IdentityView
  spool: Partial<SpoolStats>
}

const UPLINK: UplinkView = {
  ...{ endpoint: 'hub:8490', peer: 'hub-1', state: 'connected', since: ago(MINUTE), downSince: undefined, attempts: 2 },
  ...{ problem: undefined, confirmedSequence: 90, behindRecords: 10, sentBytes: 1234, sentSamples: 99, roundTripMs: 2.5 },
}
const OUTLOOK: SpoolOutlook = {
  ...{ growthBytesPerSecond: 100, overflow: 'block', maxAgeMs: 86_400_000, diskFreeBytes: 5000 },
  timeLeft: { seconds: 36_000, limit: 'size', effect: 'block' },
}
const PLAIN: Said = {
  uplink: undefined,
  outlook: OUTLOOK,
  remotes: [],
  refusals: [],
  refusedFiles: [],
  contested: [],
  identity: { nodes: [] },
  spool: {},
}

const remote = (node: string, given: Partial<RemoteNode> = {}): RemoteNode => ({
  ...{ node, epoch: 7, liveness: 'live', signals: 3, sequence: 40, behindRecords: 0, lostRecords: 0, unseenSignals: 0 },
  ...{
    lastHeardTime: ago(SECOND),
    lastArrivedTime: undefined,
    via: undefined,
    certificate: undefined,
    lastRecordedTime: ago(2 * SECOND),
    ...given,
  },
})

const down = (given: Partial<UplinkView> = {}): UplinkView => ({
  ...{ ...UPLINK, state: 'waiting', downSince: ago(5 * MINUTE), roundTripMs: undefined },
  ...{ problem: { time: ago(SECOND), message: 'connect ECONNREFUSED' }, ...given },
})

describe('nodes over HTTP', () => {
  let api: Fixture
  let said: Said = PLAIN
  let asked: string[] = []
  before(async () => {
    const plain = await startFixture(1)
    await plain.close()
    const stats = () => ({ ...plain.view.spool(), ...said.spool })
    const node: Partial<NodeView> = {
      ...{
        uplink: () => said.uplink,
        outlook: () => said.outlook,
        remotes: () => said.remotes,
        refusals: () => said.refusals,
        refusedFiles: () => said.refusedFiles,
      },
      contested: () => said.contested,
      ...{
        connectedNodes: () => ['passer-on'],
        identity: () => said.identity,
        spool: stats,
        nodeOf: (signal) => (signal === 3 ? 'edge-1' : undefined),
      },
      historian: { ...plain.view.historian, sql: gapsOf(() => asked) },
    }
    api = await startFixture(5, { node })
    await api.signIn()
  })
  after(() => api.close())
  const read = async (given: Partial<Said> = {}) => {
    said = { ...PLAIN, ...given }
    return nodeList.parse(await (await api.call('/api/v1/nodes')).json())
  }
  const readHealth = async () => health.parse(await (await api.call('/api/v1/health')).json())

  test('a node that stands alone', async () => {
    const { self, nodes, findings } = await read({
      spool: { held: [{ consumer: 'historian', records: 2, bytes: 64, oldestTime: 1_000_000, oldestAgeMs: 0 }] },
    })
    assert.deepEqual([self.role, self.uplink, nodes, findings], ['all', undefined, [], []])
    assert.deepEqual(self.spool.held, { consumer: 'historian', records: 2, bytes: 64, oldestTime: '1970-01-01T00:00:01.000Z' })
    assert.deepEqual(self.spool.timeLeft, OUTLOOK.timeLeft)
    assert.deepEqual([self.spool.growthBytesPerSecond, self.spool.diskFreeBytes, self.spool.maxAgeSeconds], [100, 5000, 86_400])
    assert.equal((await readHealth()).link, undefined)
  })

  test('what is held is what the next node has not confirmed; unmeasured is absent', async () => {
    const held = [
      { consumer: 'rules', records: 90, bytes: 900, oldestTime: 1, oldestAgeMs: 1 },
      { consumer: 'link', records: 10, bytes: 100, oldestTime: 2, oldestAgeMs: 2 },
      { consumer: 'historian', records: 0, bytes: 0, oldestTime: undefined, oldestAgeMs: 0 },
    ]
    const outlook = { ...OUTLOOK, growthBytesPerSecond: undefined, timeLeft: undefined, diskFreeBytes: undefined }
    const { self, findings } = await read({ uplink: UPLINK, outlook, spool: { held } })
    assert.equal(self.spool.held.records, 10)
    assert.deepEqual([self.uplink?.peer, self.uplink?.roundTripMs, self.uplink?.downSince, findings], ['hub-1', 2.5, undefined, []])
    assert.ok(!('timeLeft' in self.spool || 'growthBytesPerSecond' in self.spool || 'diskFreeBytes' in self.spool))
  })

  test('a link that is down is a matter of health after a minute, not before', async () => {
    const brief = await read({ uplink: down({ downSince: ago(30 * SECOND) }) })
    assert.deepEqual([brief.findings, (await readHealth()).status], [[], 'ok'])
    const { findings } = await read({ uplink: down() })
    assert.deepEqual(
      [findings[0]?.code, findings[0]?.severity, findings[0]?.message],
      ['link-down', 'error', 'hub:8490: connect ECONNREFUSED'],
    )
    assert.ok(Math.abs((findings[0]?.seconds ?? 0) - 300) < 5)
    const { status, link } = await readHealth()
    assert.deepEqual([status, link?.state, link?.problem?.message], ['degraded', 'waiting', 'connect ECONNREFUSED'])
    for (const code of REFUSAL_CODES) {
      // Between two attempts the state says that it is connecting: the refusal stands all the same.
      const refused = await read({ uplink: down({ state: 'connecting', problem: { time: ago(SECOND), message: 'no', code } }) })
      assert.deepEqual([refused.findings[0]?.code, refused.findings[0]?.refusal], ['link-refused', code])
    }
  })

  test('little time left is a finding of a node that sends on: an error below an hour, or with the link down', async () => {
    const lasting = (seconds: number): SpoolOutlook => ({ ...OUTLOOK, timeLeft: { seconds, limit: 'disk', effect: 'drop-oldest' } })
    const severityOf = async (given: Partial<Said>) => (await read(given)).findings.find(({ code }) => code === 'spool-short')?.severity
    assert.equal(await severityOf({ outlook: lasting(60) }), undefined)
    assert.equal(await severityOf({ uplink: UPLINK, outlook: lasting(9 * 3600) }), undefined)
    assert.equal(await severityOf({ uplink: UPLINK, outlook: lasting(7 * 3600) }), 'warning')
    assert.equal(await severityOf({ uplink: UPLINK, outlook: lasting(3000) }), 'error')
    assert.equal(await severityOf({ uplink: down(), outlook: lasting(7 * 3600) }), 'error')
  })

  test('others come worst first, with their lag, what they lost, and whether they are known at all', async () => {
    const remotes = [
      remote('fine', { lastRecordedTime: ago(40 * SECOND) }),
      remote('late', { behindRecords: 5, lastRecordedTime: ago(90 * SECOND) }),
      remote('lossy', { lostRecords: 2 }),
      remote('dead', { liveness: 'bad', lastHeardTime: undefined, lastRecordedTime: undefined }),
      remote('thief', { liveness: 'bad' }),
    ]
    const identity: IdentityView = {
      nodes: [
        { node: 'late', serial: '0a', notAfter: systemClock.now() + 60.5 * DAY },
        { node: 'thief', revoked: { time: 1_000_000, by: 'ana', reason: 'stolen' } },
        { node: 'new' },
        { node: 'passer-on', lastSeen: ago(MINUTE) },
        { node: 'gone-relay', lastSeen: ago(2 * MINUTE) },
      ],
    }
    const { nodes, findings } = await read({ remotes, identity })
    assert.deepEqual(
      nodes.map(({ node, state }) => `${node} ${state}`),
      ['dead bad', 'gone-relay bad', 'lossy live', 'late live', 'fine live', 'passer-on live', 'new expected', 'thief revoked'],
      'a relay that is connected is there, though it has no log of its own',
    )
    const byName = new Map(nodes.map((one) => [one.node, one]))
    assert.equal(byName.get('fine')?.lagSeconds, 0)
    assert.ok(Math.abs((byName.get('late')?.lagSeconds ?? 0) - 90) < 5)
    assert.equal(byName.get('dead')?.lagSeconds, undefined)
    assert.deepEqual([byName.get('lossy')?.lostRecords, byName.get('lossy')?.gaps], [12, 3], 'the history knows of more')
    assert.deepEqual([byName.get('late')?.certificate?.serial, byName.get('late')?.certificate?.daysLeft], ['0a', 60])
    assert.equal(byName.get('gone-relay')?.lastHeardTime, formatTime(identity.nodes.at(-1)?.lastSeen as number))
    assert.equal(byName.get('thief')?.revoked?.reason, 'stolen')
    assert.deepEqual(
      findings.map(({ code, node, count }) => [code, node, count]),
      [['nodes-silent', 'dead', 2]],
    )
    const { status, nodes: counts } = await readHealth()
    assert.deepEqual([status, counts], ['degraded', { total: 5, silent: 2 }])
  })

  test('certificates are findings 30 days ahead, short-lived ones when their renewal is overdue: of nodes, of the authority, of the listener; not of who was shut out', async () => {
    const inDays = (days: number) => systemClock.now() + days * DAY
    const { self, findings } = await read({
      identity: {
        certificate: { serial: '01', notAfter: inDays(29.5) },
        authority: { notAfter: inDays(31) },
        listener: { notAfter: inDays(-0.5) },
        nodes: [
          { node: 'edge-1', serial: '02', notAfter: inDays(3.5) },
          { node: 'edge-2', serial: '03', notAfter: inDays(80) },
          // Of a month: at two thirds of it another one is fetched.
          { node: 'edge-4', serial: '05', notBefore: inDays(-19), notAfter: inDays(11) },
          { node: 'edge-5', serial: '06', notBefore: inDays(-21), notAfter: inDays(9) },
          { node: 'edge-3', serial: '04', notAfter: inDays(1), revoked: { time: 1, by: 'a', reason: 'b' } },
        ],
      },
    })
    assert.equal(self.certificate?.daysLeft, 29)
    assert.deepEqual(
      findings.map(({ code, node, what, days }) => [code, node, what, days]),
      [
        ['certificate-expired', 'node-1', 'listener', -1],
        ['certificate-expiring', 'node-1', 'node', 29],
        ['certificate-expiring', 'edge-1', 'node', 3],
        ['certificate-expiring', 'edge-5', 'node', 8],
      ],
    )
  })

  test('senders turned away lately are findings, at most a hundred in one answer', async () => {
    const refusal = (node: string, time: number): SenderRefusal => ({
      ...{ node, address: '10.0.0.9:1', code: 'identity-used-twice', message: 'another program is connected', time, count: 4 },
    })
    const few = await read({ refusals: [refusal('edge-1', ago(MINUTE)), refusal('edge-2', ago(20 * MINUTE))] })
    assert.deepEqual(
      few.findings.map(({ code, node, refusal: why, count }) => [code, node, why, count]),
      [['sender-refused', 'edge-1', 'identity-used-twice', 4]],
    )
    const many = await read({ refusals: Array.from({ length: 150 }, (_, n) => refusal(`edge-${n}`, ago(MINUTE))), uplink: down() })
    assert.deepEqual([many.findings.length, many.findingsTotal, many.findings[0]?.code], [API_LIMITS.nodeFindings, 151, 'link-down'])
  })

  test('files carried by hand that were refused are findings, with their names and why', async () => {
    const refusedFiles = CARRIED_REFUSALS.map((code): RefusedFile => ({ file: `${code}.ecx`, time: ago(DAY), code, message: 'no' }))
    const { findings } = await read({ refusedFiles })
    assert.deepEqual(
      findings.map(({ code, file, carried }) => [code, file, carried]),
      CARRIED_REFUSALS.map((code) => ['import-refused', `${code}.ecx`, code]),
    )
  })

  test('signals that two nodes send are a finding for each pair of nodes', async () => {
    const of = (signal: string, ...nodes: [string, string]): ContestedSignal => ({ signal, nodes, time: ago(SECOND) })
    const contested = [1, 2, 3, 4].map((n) => of(`t/fan-${n}`, 'edge-1', 'edge-2'))
    const { findings } = await read({ contested: [...contested, of('t/door', 'edge-1', 'hub')] })
    assert.deepEqual(
      findings.map(({ code, severity, node, count, message }) => [code, severity, node, count, message]),
      [
        ['signals-contested', 'error', 'edge-1, edge-2', 4, 't/fan-1, t/fan-2, t/fan-3 and 1 more'],
        ['signals-contested', 'error', 'edge-1, hub', 1, 't/door'],
      ],
    )
  })

  test('signals that find no room here are a finding, and stand with their node', async () => {
    const { nodes, findings } = await read({ remotes: [remote('edge-1', { unseenSignals: 7 }), remote('edge-2')] })
    assert.deepEqual(
      findings.map(({ code, severity, node, count }) => [code, severity, node, count]),
      [['signals-unseen', 'warning', 'edge-1', 7]],
    )
    assert.deepEqual(
      nodes.map(({ node, unseenSignals }) => [node, unseenSignals]),
      [
        ['edge-1', 7],
        ['edge-2', undefined],
      ],
    )
  })

  test('trouble of the spool is a finding', async () => {
    const { findings } = await read({ spool: { problem: 'ENOSPC', droppedSamples: 5, corruptRecords: 1 } })
    assert.deepEqual(
      findings.map(({ code, count, message }) => [code, count, message]),
      [
        ['spool-problem', undefined, 'ENOSPC'],
        ['data-dropped', 6, '5 samples dropped and 1 records unreadable since the start'],
      ],
    )
  })

  test('gaps: newest first, of one node, bounded; a name that is none is refused', async () => {
    const all = gapList.parse(await (await api.call('/api/v1/nodes/gaps')).json())
    assert.deepEqual(all.gaps[0], {
      ...{ node: 'lossy', epoch: 7, first: 1, last: 4, cause: 'overflow', samples: 9 },
      recordedTime: formatTime(1_000_000),
    })
    assert.ok(!('samples' in (all.gaps[1] as object)))
    asked = []
    await api.call('/api/v1/nodes/gaps?node=edge-1&limit=7')
    assert.match(asked[0] ?? '', /WHERE node = 'edge-1' .*\|7$/)
    for (const query of ["node=a'b", `node=${'a'.repeat(65)}`, 'limit=100000', 'limit=0', 'from=now'])
      assert.equal((await api.call(`/api/v1/nodes/gaps?${query}`)).status, 400, query)
  })

  test('metrics tell the spool’s growth, the link and every other node', async () => {
    await read({
      uplink: down({ problem: { time: 1, message: 'x', code: 'revoked' } }),
      remotes: [remote('edge-1', { behindRecords: 6, lostRecords: 2 })],
    })
    const metrics = await (await api.call('/metrics')).text()
    for (const line of [
      'ecluse_spool_growth_bytes_per_second 100',
      'ecluse_spool_time_left_seconds 36000',
      'ecluse_uplink_up 0',
      'ecluse_uplink_refused 1',
      'ecluse_uplink_behind_records 10',
      'ecluse_uplink_round_trip_seconds Nan',
      'ecluse_remote_live{node="edge-1"} 1',
      'ecluse_remote_behind_records{node="edge-1"} 6',
      'ecluse_remote_lost_records{node="edge-1"} 2',
    ])
      assert.ok(metrics.includes(`${line}\n`), line)
    assert.match(metrics, /ecluse_remote_last_heard_timestamp_seconds\{node="edge-1"\} 1\d+/)
  })

  test('a signal says which node measures it, where that is another', async () => {
    const { signals } = signalPage.parse(await (await api.call('/api/v1/signals')).json())
    assert.deepEqual(
      signals.map(({ node }) => node),
      [undefined, undefined, undefined, 'edge-1', undefined],
    )
  })
})

test('a relay keeps no history: it says so instead of listing gaps', async (t) => {
  const api = await startFixture(1, { node: { role: 'relay', remotes: () => [remote('edge-1', { lostRecords: 4 })] } })
  t.after(() => api.close())
  await api.signIn()
  assert.deepEqual(await (await api.call('/api/v1/nodes/gaps')).json(), { kept: false, gaps: [], truncated: false })
  const [node] = nodeList.parse(await (await api.call('/api/v1/nodes')).json()).nodes
  assert.deepEqual([node?.lostRecords, node?.gaps], [4, undefined])
})

/** Answers like the historian's view of gaps. */
function gapsOf(asked: () => string[]): Historian['sql'] {
  return async (text, { maxRows }) => {
    asked().push(`${text}|${maxRows}`)
    const rows = text.includes('GROUP BY')
      ? [['lossy', 3, 12]]
      : [
          ['lossy', 7, 1, 4, 'overflow', 9, 1_000_000],
          ['lossy', 7, 5, 5, 'torn-tail', null, 900_000],
        ]
    return { columns: [], rows, truncated: false }
  }
}
