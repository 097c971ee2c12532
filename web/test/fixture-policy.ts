import type { FindingView, FlowList, PolicyAnswer, PolicyChange, PolicyExplanation, PolicyRights } from '../../src/api/schemas.ts'

const time = '2026-11-27T08:00:00Z'
const LEVELS = [0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3.5, 3.5, 4, 4, 4, 4, 5, 5]
const DIRECTIONS = ['pull', 'push', 'one-way'] as const
const DAY_MS = 86_400_000
const NONE: Record<string, number> = {}
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)

type Conduit = PolicyAnswer['conduits'][number]
type Flow = FlowList['flows'][number]

/** A plant of 20 zones and so many conduits, of which one is cut, one overdue, one due, one failing, every tenth silent; and one flow that nobody declared. */
export function policyOf(count: number) {
  const zones = LEVELS.map((level, i): PolicyAnswer['zones'][number] => ({
    ...{ name: `zone-${i}`, level, owner: `owner ${i % 4}`, impact: (i % 4) + 1 },
    ...(i % 2 === 0 && { label: { en: `Zone number ${i}`, fr: `Zone numéro ${i}` } }),
    target: { IAC: 1, UC: 2, SI: 2, DC: 0, RDF: 3, TRE: 1, RA: 2 },
  }))
  const conduits = Array.from({ length: count }, (_, i) => conduitOf(i))
  const flowing = conduits.filter((_, i) => i % 10 !== 9)
  const policy: PolicyAnswer = {
    zones,
    conduits,
    crossings: flowing.slice(0, count / 2).map((conduit, i) => ({
      ...{ part: 'connection', name: `c${i}`, from: conduit.from, to: conduit.to, transport: 'modbus', direction: conduit.direction },
      ...{ permitted: conduit.state === 'open', reason: conduit.state === 'open' ? 'conduit' : conduit.state, conduit: conduit.name },
      ...{ path: ['conduits', conduit.name], place: conduit.place },
      counts: countsOf(conduit.name, i),
    })),
    tests: [
      {
        name: 'badges stay',
        says: { conduit: 'conduit-000', neverCarries: ['access/**'] },
        passed: true,
        place: 'ecluse.yaml:900',
        findings: [],
      },
      { says: { from: { level: 5 }, to: { levels: [0, 2] } }, passed: true, place: 'ecluse.yaml:901', findings: [] },
      { says: { role: 'visitor', mayNot: 'read', zone: 'zone-1' }, passed: true, place: 'ecluse.yaml:902', findings: [] },
      {
        ...{ says: { conduit: 'conduit-004', neverCarries: ['bags/**'] }, passed: false, place: 'ecluse.yaml:903' },
        findings: [{ is: 'carries', place: 'ecluse.yaml:44', message: { en: 'bags/** passes', fr: 'bags/** passe' } }],
      },
    ],
  }
  const flows = [
    ...flowing.slice(0, 40).map((conduit, i) =>
      flowOf(i, {
        from: conduit.from,
        to: conduit.to,
        direction: conduit.direction,
        permitted: true,
        reason: 'conduit',
        conduit: conduit.name,
      }),
    ),
    flowOf(900, { from: 'zone-1', to: 'zone-19', direction: 'pull', permitted: false, reason: 'no-conduit' }),
    flowOf(901, { to: 'zone-8', direction: 'pull', permitted: false, reason: 'no-zone' }),
  ]
  const rights: PolicyRights = {
    rights: ['administrator', 'visitor'].flatMap((role) =>
      zones.map(({ name }) => ({ role, zone: name, may: role === 'visitor' ? [] : (['read', 'audit'] as const).slice() })),
    ),
  }
  return { policy, flows, rights, finding: findingOf(), explain, simulate }
}

/** The first of them lets something of the second's connection pass as well. */
function countsOf(conduit: string, i: number): NonNullable<PolicyAnswer['crossings'][number]['counts']> {
  const own = { passed: 1000 + i, refused: i === 7 ? { 'conduit-peer': 3 } : NONE }
  const byConduit = [{ conduit, ...own }]
  if (i === 1) byConduit.push({ conduit: 'conduit-000', passed: 17, refused: NONE })
  return { ...own, passed: own.passed + (i === 1 ? 17 : 0), byConduit }
}

function conduitOf(i: number): Conduit {
  const from = i % 20
  const to = (from + 1 + (Math.floor(i / 40) % 3) * 3) % 20
  const name = `conduit-${String(i).padStart(3, '0')}`
  return {
    ...{ name, from: `zone-${from}`, to: `zone-${to}`, direction: DIRECTIONS[i % 3] ?? 'pull', place: `ecluse.yaml:${10 + i}` },
    ...{
      transports: i % 3 === 2 ? ['diode'] : ['modbus'],
      signals: ['energy/**'],
      records: [],
      results: [],
      peers: ['10.20.0.0/16'],
      namesInputs: i === 5,
    },
    ...{ services: [], maxSamplesPerSecond: 20_000, necessity: `energy is billed, ${i}`, value: 'no meter rounds', impact: 'wrong bills' },
    ...{ dependencies: [], owner: `owner ${i % 4}`, riskOwner: 'terminal manager' },
    reviewBy: inDays(i === 2 ? -3 : i === 3 ? 12 : 300),
    isolation: { by: ['duty manager'], stops: ['energy per area'], manual: ['meters are read by hand'] },
    state: i === 1 ? 'cut' : i === 2 ? 'expired' : 'open',
  }
}

const flowOf = (i: number, crossing: NonNullable<Flow['crossing']>): Flow => ({
  ...{ via: `c${i}`, source: 'self', destination: `10.20.0.${i % 250}`, port: 502, protocol: 'modbus', units: [[1, 1]], crossing },
  services: [{ service: '3', count: 5, exceptions: 0, firstSeen: time, lastSeen: time, addresses: [[0, 9]] }],
  ...{ sentBytes: 170, receivedBytes: 1200, sent: 5, received: 5, exceptions: 0, firstSeen: time, lastSeen: time, longestGapSeconds: 1 },
  ...{ identities: [], clients: [], capped: 0 },
})

const findingOf = (): FindingView => ({
  ...{ id: '00000000000000aa', code: 'over-volume', severity: 'medium', state: 'open', subject: 'conduit-005', owner: 'owner 1', count: 1 },
  ...{ firstSeen: time, lastSeen: time, evidence: { bytes: 9, limit: 5, conduit: 'conduit-005' }, techniques: [] },
  ...{
    text: { en: 'more than its volume', fr: 'plus que son volume' },
    advice: { en: 'Ask its owner.', fr: 'Demandez à son responsable.' },
  },
})

function explain(search: URLSearchParams): PolicyExplanation | undefined {
  const subject = search.get('subject')
  if (subject === 'visitor')
    return {
      answers: [
        {
          about: 'role',
          role: subject,
          permission: 'read',
          zone: 'zone-1',
          permitted: false,
          path: ['roles', subject],
          place: 'ecluse.yaml:700',
        },
      ],
    }
  if (subject !== 'c0') return undefined
  const ends = { part: 'connection', name: 'c0', from: 'zone-0', to: 'zone-1', transport: 'modbus', direction: 'pull' } as const
  const path = ['conduits', 'conduit-000', 'signals']
  return {
    answers: [{ about: 'crossing', ...ends, permitted: false, reason: 'not-named', conduit: 'conduit-000', path, place: 'ecluse.yaml:12' }],
  }
}

const simulate = (): PolicyChange => ({
  rights: { gained: [{ who: 'visitor', permission: 'read', zone: 'zone-2' }], lost: [], gainedCount: 1, lostCount: 0 },
  carried: {
    ...{
      gained: [],
      lost: [
        { conduit: 'conduit-000', kind: 'signal', id: 't/energy/a' },
        { conduit: 'conduit-000', kind: 'signal', id: 't/energy/b' },
      ],
    },
    ...{ gainedCount: 0, lostCount: 1200 },
  },
  conduits: [{ conduit: 'conduit-000', key: 'signals', before: 'energy/**', after: '' }],
  ways: [{ part: 'connection', name: 'plc-0', before: 'conduit', after: 'not-named' }],
  ...{ unasked: 0, problems: [{ code: 'E_KEY', message: 'unknown key', line: 3 }] },
})
