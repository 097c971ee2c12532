import type { Contract, QualityPage, QualityRow, RuleExplanation, Sample, Signal, Why } from '../../src/api/schemas.ts'

/** Made-up answers about quality, rules and contracts, shaped as the API's schemas say. The same signals are bad in the same way every time. */
const MOTOR = 't2e/baggage/carousel-3/motor/current'
const METER = 't2e/energy/meter-4/power'
const BRIDGE = 't2e/gates/gate-2/bridge/position'
const HOUR_MS = 3_600_000

const iso = (ms: number): string => new Date(ms).toISOString()

const CALM: Omit<QualityRow, 'signal' | 'time'> = {
  samples: 3_600,
  good: 3_600,
  uncertain: 0,
  bad: 0,
  covered: { good: 1, uncertain: 0, bad: 0, unknown: 0 },
  characteristics: { completeness: 1, timeliness: 1, accuracy: 1, precision: null, consistency: null },
  score: 1,
  anomalies: {},
  reasons: {},
}

const ABNORMAL: Readonly<Record<string, Partial<QualityRow>>> = {
  [MOTOR]: {
    good: 1_480,
    uncertain: 2_120,
    covered: { good: 0.412, uncertain: 0.588, bad: 0, unknown: 0 },
    characteristics: { completeness: 0.9987, timeliness: 0.996, accuracy: 0.412, precision: 1, consistency: 0.87 },
    score: 0.412,
    anomalies: { 'out-of-range': 2_101, spike: 19, contract: 468, late: 12, missing: 3 },
    reasons: { range: 2_101, spike: 19, contract: 468, late: 12, gap: 3 },
    delayMs: { p50: 42, p95: 180 },
  },
  [METER]: {
    samples: 2_100,
    good: 2_050,
    bad: 50,
    covered: { good: 0.57, uncertain: 0, bad: 0.28, unknown: 0.15 },
    characteristics: { completeness: 0.574, timeliness: null, accuracy: null, precision: null, consistency: null },
    score: 0.57,
    anomalies: { 'no-communication': 50 },
    reasons: { 'modbus-gateway-target-silent': 50 },
  },
  [BRIDGE]: {
    covered: { good: 0.94, uncertain: 0.06, bad: 0, unknown: 0 },
    characteristics: { completeness: 0.94, timeliness: 0.91, accuracy: 1, precision: 1, consistency: 0.995 },
    score: 0.91,
    anomalies: { stale: 210, disagreement: 14 },
    reasons: { stale: 210, 'peers:bridges': 14 },
  },
}

const rowOf = (signal: string, time: string): QualityRow => ({ signal, time, ...CALM, ...ABNORMAL[signal] })

export function qualityPage(signals: readonly Signal[], search: URLSearchParams): QualityPage {
  const [from, to] = [search.get('from') ?? '', search.get('to') ?? '']
  const wanted = (search.get('match') ?? '**').replace(/^\*\*\/|\/\*\*$/g, '').replaceAll('*', '')
  const found = signals.filter(({ id }) => id.includes(wanted))
  const rows = found.map(({ id }) => rowOf(id, from)).sort((a, b) => (a.score ?? 2) - (b.score ?? 2) || (a.signal < b.signal ? -1 : 1))
  const limit = Number(search.get('limit') ?? 100)
  return { from, to, rows: rows.slice(0, limit), total: rows.length, truncated: rows.length > limit }
}

/** A day in which the node was off for two hours, and the signal went wrong in the last five. */
export function qualityHours(search: URLSearchParams): QualityPage {
  const signal = search.get('signal') ?? ''
  const [from, to] = [Date.parse(search.get('from') ?? ''), Date.parse(search.get('to') ?? '')]
  const rows: QualityRow[] = []
  for (let hour = Math.ceil(from / HOUR_MS) * HOUR_MS, i = 0; hour <= to; hour += HOUR_MS, i++) {
    if (i === 6 || i === 7) continue
    rows.push(i > 18 ? rowOf(signal, iso(hour)) : { signal, time: iso(hour), ...CALM })
  }
  return { from: iso(from), to: iso(to), rows, total: rows.length, truncated: false }
}

const MODEL = { model: 'carousel-motor', author: 'C. Martin, baggage maintenance' }
const RANGE: RuleExplanation = { reason: 'range', rule: 'range', version: 1, parameters: { low: 0, high: 16 }, ...MODEL }
const MOTOR_RULES: readonly RuleExplanation[] = [
  RANGE,
  { reason: 'instrument-range', rule: 'instrument-range', version: 1, parameters: { low: -5, high: 25 }, ...MODEL },
  { reason: 'rate', rule: 'rate', version: 1, parameters: { maxRatePerSecond: 4 }, ...MODEL },
  { reason: 'flat-line', rule: 'flat-line', version: 2, parameters: { afterSeconds: 600, resolution: 0.1, readings: 10 }, ...MODEL },
  { reason: 'spike', rule: 'spike', version: 1, parameters: { threshold: 6, minimum: 0.5, window: 7 }, ...MODEL },
  { reason: 'gap', rule: 'gap', version: 1, parameters: { expectedPeriodSeconds: 1 }, ...MODEL },
  {
    reason: 'late',
    rule: 'lateness',
    version: 1,
    parameters: { lateAfterSeconds: 5, aheadSeconds: 2, acceptLateSeconds: 86_400 },
    ...MODEL,
  },
  { reason: 'too-late', rule: 'lateness', version: 1, parameters: { lateAfterSeconds: 5, aheadSeconds: 2 }, ...MODEL },
  { reason: 'duplicate', rule: 'order', version: 1, parameters: {} },
  { reason: 'calibration-expired', rule: 'calibration', version: 1, parameters: { until: '2027-03-31T00:00:00.000Z' }, ...MODEL },
  {
    reason: 'peers:carousel-3-phases',
    rule: 'peers',
    version: 1,
    parameters: { name: 'carousel-3-phases', same: ['baggage/carousel-3/l1', 'baggage/carousel-3/l2'], tolerance: 0.5 },
    author: 'A. Diallo',
  },
]

const MOTOR_PLACES: Why['equipment'] = [
  { path: 't2e/baggage', level: 'area', label: { fr: 'Tri bagages', en: 'Baggage handling' } },
  { path: 't2e/baggage/carousel-3', level: 'work-unit' },
  {
    path: 't2e/baggage/carousel-3/motor',
    level: 'equipment',
    asset: { serial: 'M3-1102', since: '2025-06-02T05:40:00.000Z', type: '7.5 kW', note: 'bearing worn' },
  },
]

export function why(signal: string, sample: Sample, nowMs: number): Why {
  const isMotor = signal === MOTOR
  return {
    signal,
    at: iso(nowMs),
    sample,
    equipment: isMotor ? [...MOTOR_PLACES] : [],
    rules: isMotor ? [RANGE] : [],
    declaration: isMotor ? { since: '2026-11-12T08:30:00.000Z', configVersion: 'c41f9e', ...MODEL } : undefined,
    applied: isMotor ? [...MOTOR_RULES] : [],
    quality: rowOf(signal, iso(Math.floor(nowMs / HOUR_MS) * HOUR_MS)),
  }
}

export function contractsOf(nowMs: number): Contract[] {
  const baggage: Contract = {
    id: 't2e-baggage-carousels',
    version: '1.2.0',
    status: 'active',
    enforced: true,
    name: 'Baggage carousels of terminal 2E',
    language: 'en',
    file: 'contracts/baggage.odcs.yaml',
    otOwner: 'Baggage maintenance, terminal 2E',
    itOwner: 'Airport operations centre, data team',
    meaning: 'Readings of the running equipment, not of its plan.',
    timestampRule: 'The drive’s clock at the moment of measuring, UTC.',
    acceptanceEvidence: 'Clamp meter beside the drive at three loads, deviation below 2 %.',
    changeProcess: 'Proposed 30 days ahead to both owners.',
    permittedUses: ['maintenance planning', 'load reports by hour', 'alerting the maintenance crew'],
    forbiddenUses: ['stopping or starting a carousel', 'safety functions', 'evaluating individual staff'],
    properties: [
      {
        name: 'carousel.current',
        signal: 't2e/baggage/*/motor/current',
        signals: [MOTOR, 't2e/baggage/carousel-1/motor/current'],
        signalCount: 11,
        type: 'number',
        unit: 'A',
        meaning: 'RMS current of one phase of the motor.',
        minimum: 0,
        maximum: 16,
        required: true,
        minimumStatus: 'Good',
        maxDelaySeconds: 5,
        maxSilenceSeconds: 30,
        checks: ['nullValues mustBeLessThan 1 %'],
      },
      {
        name: 'carousel.state',
        signals: [],
        signalCount: 0,
        type: 'string',
        states: ['RUNNING', 'STANDBY', 'FAULT', 'MAINTENANCE'],
        required: true,
      },
      {
        name: 'carousel.load',
        signals: [MOTOR],
        signalCount: 1,
        unit: '%',
        minimum: 0,
        exclusive: { minimum: true, maximum: false },
        required: false,
      },
    ],
    service: [
      { property: 'latency', element: '', value: 5, unit: 's' },
      { property: 'availability', element: '', value: 99.5, unit: '%' },
    ],
    violations: [
      {
        property: 'carousel.current',
        kind: 'range',
        firstTime: iso(nowMs - 5 * HOUR_MS),
        lastTime: iso(nowMs - 2_000),
        count: 2_101,
        lastHour: 468,
        examples: [18.4, 18.7, 17.9].map((value, i) => ({ signal: MOTOR, time: iso(nowMs - 2_000 * (i + 1)), value })),
      },
      {
        property: 'carousel.state',
        kind: 'null',
        firstTime: iso(nowMs - 7 * HOUR_MS),
        lastTime: iso(nowMs - 6 * HOUR_MS),
        count: 3,
        lastHour: 0,
        examples: [{ signal: 't2e/baggage/carousel-2/running', time: iso(nowMs - 6 * HOUR_MS), value: null }],
      },
      {
        ...{ property: 'carousel.current', kind: 'check', check: 'nullValues mustBeLessThan 1 %', count: 1, lastHour: 0 },
        firstTime: iso(nowMs - 3 * HOUR_MS),
        lastTime: iso(nowMs - 3 * HOUR_MS),
        examples: [{ signal: MOTOR, time: iso(nowMs - 3 * HOUR_MS), value: 2.5 }],
      },
    ],
  }
  const draft: Contract = {
    id: 't2e-energy',
    version: '0.1.0',
    status: 'draft',
    enforced: false,
    name: 'Energy of terminal 2E',
    file: 'contracts/energy.odcs.yaml',
    itOwner: 'Energy desk',
    permittedUses: ['monthly energy report'],
    forbiddenUses: [],
    properties: [{ name: 'meter.power', signals: [METER], signalCount: 1, unit: 'kW', required: false }],
    service: [],
    violations: [],
  }
  return [draft, baggage]
}
