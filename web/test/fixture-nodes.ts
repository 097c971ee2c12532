import type { GapList, NodeList, OtherNode, OwnNode } from '../../src/api/schemas.ts'

/** What the made-up node is to others: alone, an edge whose link stands or is refused, or a hub with many edges. */
export type FixtureNodes =
  | { readonly kind: 'alone' | 'edge' }
  | { readonly kind: 'refused'; readonly code: NonNullable<NonNullable<NonNullable<OwnNode['uplink']>['problem']>['code']> }
  | { readonly kind: 'hub'; readonly edges: number }

const iso = (ms: number): string => new Date(ms).toISOString()

const spoolOf = (held: number, timeMs: number): OwnNode['spool'] => ({
  bytes: 420_000_000,
  maxBytes: 2_147_483_648,
  lastSequence: 48_210,
  held: { consumer: 'link', records: held, bytes: held * 9_000, ...(held > 0 && { oldestTime: iso(timeMs - held * 250) }) },
  growthBytesPerSecond: 36_000,
  diskFreeBytes: 61_000_000_000,
  overflow: 'block',
  maxAgeSeconds: 604_800,
  timeLeft: { seconds: (2_147_483_648 - held * 9_000) / 36_000, limit: 'size', effect: 'block' },
  droppedSamples: 0,
  corruptRecords: 0,
})

const uplinkOf = (timeMs: number): NonNullable<OwnNode['uplink']> => ({
  ...{ endpoint: 'relay.dmz.example:8490', peer: 'relay-1', state: 'connected', since: iso(timeMs - 7_300_000), attempts: 3 },
  ...{ confirmedSequence: 48_204, behindRecords: 6, sentBytes: 812_000_000, sentSamples: 204_000_000, roundTripMs: 2.4 },
})

export function nodeListOf(nodes: FixtureNodes, timeMs: number): NodeList {
  const base = { epoch: (timeMs - 9 * 86_400_000) * 1000, version: '0.1.0', startedTime: iso(timeMs - 7_400_000) }
  const list = { time: iso(timeMs), nodes: [], findings: [], findingsTotal: 0 }
  const certificate = { serial: '4f1a09', notAfter: iso(timeMs + 63.4 * 86_400_000), daysLeft: 63, isEnding: false }
  switch (nodes.kind) {
    case 'alone': {
      const { held: _, ...spool } = spoolOf(0, timeMs)
      return {
        ...list,
        self: { ...base, node: 'demo', role: 'all', spool: { ...spool, held: { consumer: 'historian', records: 0, bytes: 0 } } },
      }
    }
    case 'edge':
      return { ...list, self: { ...base, node: 'cell-3', role: 'edge', certificate, spool: spoolOf(6, timeMs), uplink: uplinkOf(timeMs) } }
    case 'refused':
      return refused(
        nodes.code,
        { ...list, self: { ...base, node: 'cell-3', role: 'edge', certificate, spool: spoolOf(30_000, timeMs) } },
        timeMs,
      )
    case 'hub':
      return hub(
        nodes.edges,
        {
          ...list,
          self: {
            ...base,
            node: 'hub-1',
            role: 'hub',
            linkAddress: '10.20.0.5:8490',
            spool: { ...spoolOf(0, timeMs), held: { consumer: 'historian', records: 0, bytes: 0 } },
          },
        },
        timeMs,
      )
  }
}

function refused(code: Extract<FixtureNodes, { kind: 'refused' }>['code'], list: NodeList, timeMs: number): NodeList {
  const problem = { language: 'en' as const, time: iso(timeMs - 4_000), message: `as the other end says it: ${code}`, code }
  const { roundTripMs: _, ...uplink } = uplinkOf(timeMs)
  const down = { ...uplink, state: 'connecting' as const, downSince: iso(timeMs - 7_500_000), behindRecords: 30_000, problem }
  const finding = {
    code: 'link-refused',
    severity: 'error',
    node: 'cell-3',
    refusal: code,
    seconds: 7_500,
    message: problem.message,
    hint: 'x',
  } as const
  return { ...list, self: { ...list.self, uplink: down }, findings: [finding], findingsTotal: 1 }
}

/** Every 50th edge is silent, every 20th lost something, a few are late; the certificate of one ends soon. */
function hub(edges: number, list: NodeList, timeMs: number): NodeList {
  const nodes = Array.from({ length: edges }, (_, n): OtherNode => {
    const isSilent = n % 50 === 7
    const lostRecords = n % 20 === 3 ? 40 + n : 0
    const days = n === 12 ? 11 : 60 + (n % 25)
    return {
      ...{
        node: `cell-${n + 1}`,
        state: isSilent ? 'bad' : n % 50 === 8 ? 'uncertain' : 'live',
        epoch: 1,
        signals: 120,
        sequence: 900_000 + n,
      },
      ...{
        behindRecords: n % 30 === 5 ? 1_200 : 0,
        lagSeconds: n % 30 === 5 ? 310 : isSilent ? 5_400 : 0,
        lostRecords,
        gaps: lostRecords > 0 ? 1 : 0,
      },
      ...{ lastHeardTime: iso(timeMs - (isSilent ? 5_400_000 : 800)), lastRecordedTime: iso(timeMs - (isSilent ? 5_400_000 : 900)) },
      certificate: { serial: n.toString(16), notAfter: iso(timeMs + days * 86_400_000), daysLeft: days, isEnding: days <= 30 },
    }
  })
  const order = ['bad', 'uncertain', 'live']
  nodes.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || b.lostRecords - a.lostRecords)
  const silent = nodes.filter(({ state }) => state === 'bad')
  const findings: NodeList['findings'] = [
    { code: 'nodes-silent', severity: 'error', node: silent[0]?.node ?? '', count: silent.length, message: 'not heard: cell-8', hint: 'x' },
    { code: 'sender-refused', severity: 'warning', node: 'cell-4', refusal: 'identity-used-twice', count: 12, message: 'x', hint: 'x' },
    { code: 'import-refused', severity: 'warning', node: 'hub-1', carried: 'damaged', file: 'cell-4-1.ecx', message: 'x', hint: 'x' },
    {
      code: 'signals-contested',
      severity: 'error',
      node: 'cell-2, cell-9',
      count: 2,
      message: 't2e/fan-1/speed, t2e/fan-2/speed',
      hint: 'x',
    },
    { code: 'certificate-expiring', severity: 'warning', node: 'cell-13', what: 'node', days: 11, message: 'x', hint: 'x' },
  ]
  const waiting: OtherNode = { node: 'cell-new', state: 'expected', signals: 0, sequence: 0, behindRecords: 0, lostRecords: 0 }
  const gone: OtherNode = {
    ...waiting,
    node: 'cell-old',
    state: 'revoked',
    revoked: { time: iso(timeMs - 1e9), by: 'c.martin', reason: 'stolen' },
  }
  return { ...list, nodes: [...nodes, waiting, gone], findings, findingsTotal: findings.length }
}

const CAUSES = ['overflow', 'age', 'torn-tail', 'no longer kept', 'corrupt', 'missing', 'unreadable: odd bytes', 'a cause of tomorrow']

export function gapsOf(nodes: FixtureNodes, search: URLSearchParams, timeMs: number): GapList {
  if (nodes.kind !== 'hub') return { kept: true, gaps: [], truncated: false }
  const node = search.get('node')
  const gaps = CAUSES.map((cause, n) => ({
    ...{
      node: `cell-${4 + n * 20}`,
      epoch: 1,
      first: 1_000 * n + 1,
      last: 1_000 * n + 40,
      cause,
      recordedTime: iso(timeMs - n * 3_600_000),
    },
    ...(n % 2 === 0 && { samples: 4_000 * (n + 1) }),
  }))
  return { kept: true, gaps: gaps.filter((gap) => !node || gap.node === node), truncated: false }
}
