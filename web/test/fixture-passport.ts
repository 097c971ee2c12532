import type { Passport, PassportHop } from '../../src/api/schemas.ts'

const USES = [
  { id: 'maintenance-display', label: { en: 'Maintenance display', fr: 'Affichage pour la maintenance' } },
  { id: 'billing', label: { en: 'Billing', fr: 'Facturation' } },
]

/** A passport as a node answers it: no for billing, with care for the display, yes without a stated use. 10,000 signals in 40 groups below it. */
export function passportOf(search: URLSearchParams, startMs: number): Passport {
  const time = (seconds: number) => new Date(startMs - seconds * 1000).toISOString()
  const use = USES.find(({ id }) => id === search.get('use'))
  const signal = search.get('signal') ?? undefined
  const definition = search.get('definition') ?? undefined
  const asKnownAt = search.get('asKnownAt') ?? undefined
  const verdict = !use ? 'yes' : use.id === 'billing' ? 'no' : 'with-care'
  const value = {
    value: 12.5,
    unit: 'A',
    status: 'Uncertain' as const,
    statusCode: 'UncertainDataSubNormal',
    coverage: 0.91,
    reasons: ['coverage'],
  }
  const expand = search.get('expand') ?? undefined
  const after = Number(search.get('after') ?? 0)
  return {
    subject: signal
      ? { kind: 'sample', signal }
      : { kind: 'fact', definition, type: 'kpi', key: search.get('key') ?? 'site@1', value: search.get('value') ?? undefined },
    use: {
      id: use?.id ?? 'default',
      ...(use && { label: use.label }),
      isDeclared: use !== undefined,
      contract: 'expected',
      care: {},
      refuse: {},
    },
    uses: USES,
    verdict,
    reasons: [
      ...(verdict === 'no' ? [{ verdict: 'no' as const, code: 'contract-forbids' as const, about: 'line', found: 'billing' }] : []),
      ...(verdict === 'yes'
        ? []
        : [
            { verdict: 'with-care' as const, code: 'coverage' as const, about: 'value', found: 0.91, limit: 0.95 },
            { verdict: 'with-care' as const, code: 'dead-link' as const, about: 'plc', found: 'source-silent' },
            { verdict: 'with-care' as const, code: 'age' as const, found: 90e6, limit: 60e6 },
          ]),
    ],
    values: { value },
    times: { source: time(60), received: time(59), recorded: time(58), ...(signal === undefined && { to: null }) },
    clocks: [
      { connection: 'plc', method: 'round-trip', uncertaintySeconds: 0.004, offsetSeconds: -0.001 },
      { connection: 'meters', method: 'own', uncertaintySeconds: 0 },
    ],
    ageSeconds: 90,
    knowledge: {
      ...(asKnownAt && { asKnownAt }),
      knownTime: time(58),
      revision: asKnownAt ? 1 : 2,
      revisions: 2,
      isNewest: !asKnownAt,
      isWithdrawn: false,
    },
    owners: { ot: ['Maintenance'], it: ['Data team'] },
    contracts: [
      {
        contract: 'line',
        version: '1.0.0',
        state: 'active',
        says: verdict === 'no' ? 'forbids' : 'permits',
        clause: 'billing',
        signals: 10_000,
      },
    ],
    total: { signals: 10_000, samples: 86_400_000, facts: 50, records: 1 },
    isCut: false,
    chain: chain(time),
    ...(expand !== undefined && {
      members: {
        hop: expand,
        members: Array.from({ length: 100 }, (_, i) => ({
          ...{ name: `t2e/line/motor-${after + i}/current`, samples: 8_640, worstStatus: i === 0 ? ('Bad' as const) : ('Good' as const) },
          ...{ newest: time(60), reasons: i === 0 ? ['range@3'] : [] },
        })),
        total: 250,
        ...(after < 150 && { next: after + 100 }),
      },
    }),
    versions: [2, 1].map((revision) => ({
      ...{ revision, isShown: revision === (asKnownAt ? 1 : 2), knownTime: time(revision === 2 ? 58 : 600), isWithdrawn: false },
      cause: revision === 2 ? ('late-samples' as const) : ('first' as const),
      values: { value: { ...value, coverage: revision === 2 ? 0.91 : 0.4 } },
      verdict: revision === 2 ? ('with-care' as const) : ('no' as const),
    })),
  }
}

function chain(time: (seconds: number) => string): PassportHop[] {
  const owners = { ot: ['Maintenance'], it: ['Data team'] }
  const groups = Array.from(
    { length: 40 },
    (_, i): PassportHop => ({
      ...{ id: `samples:plc:line-${i}`, kind: 'samples', name: `line-${i}`, feeds: ['result'], state: 'whole', owners, canExpand: true },
      ...{ counts: { signals: 250, samples: 2_160_000 }, worstStatus: 'Uncertain', lastSeen: time(60), delaySeconds: 0.2, details: {} },
    }),
  )
  return [
    ...[
      {
        id: 'result',
        kind: 'result' as const,
        name: 'plant',
        feeds: [],
        state: 'whole' as const,
        counts: { facts: 1 },
        canExpand: false,
        details: { revision: 2, cause: 'late-samples' },
      },
    ],
    ...groups,
    {
      id: 'rules',
      kind: 'rules',
      name: 'range@1, spike@2',
      feeds: ['samples:plc:line-0'],
      state: 'whole',
      details: { rules: 2 },
      canExpand: false,
    },
    {
      id: 'log:demo:1',
      kind: 'log',
      name: 'demo',
      feeds: ['rules'],
      state: 'whole',
      details: { node: 'demo', sequence: 7, recordedTime: time(58), spool: 'held' },
      canExpand: false,
    },
    {
      id: 'connection:plc',
      kind: 'connection',
      name: 'plc',
      feeds: ['log:demo:1'],
      state: 'dead',
      problem: 'source-silent',
      details: { endpoint: 'opc.tcp://127.0.0.1:4840', clockUncertaintyUs: 4_000, certificate: 'not-known' },
      canExpand: false,
    },
    { id: 'conduit', kind: 'conduit', name: '', feeds: [], state: 'absent', problem: 'no-conduit', details: {}, canExpand: false },
    {
      id: 'configuration',
      kind: 'configuration',
      name: 'abc',
      feeds: [],
      state: 'whole',
      problem: 'no-approval',
      details: { versions: 1 },
      canExpand: false,
    },
  ]
}
