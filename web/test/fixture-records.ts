import type {
  DiscardAnswer,
  QuarantineList,
  RecordKindList,
  RecordKindView,
  RecordList,
  RecordView,
  ReleaseAnswer,
  UnknownEquipmentList,
} from '../../src/api/schemas.ts'

/** Made-up flights and work orders, shaped as the API's schemas say; the same at every call with the same clock. */
const MINUTE = 60_000

const iso = (ms: number): string => new Date(ms).toISOString()

const FLIGHT: Omit<RecordKindView, 'counts'> = {
  name: 'flight',
  label: { fr: 'Vols à l’arrivée', en: 'Arriving flights' },
  key: ['number', 'day'],
  fields: [
    { name: 'number', type: 'text', required: true },
    { name: 'day', type: 'text', required: true },
    { name: 'belt', type: 'text', required: false },
    { name: 'first_bag', type: 'time', required: false },
    { name: 'last_bag', type: 'time', required: false },
    { name: 'bags', type: 'number', required: false, unit: '{bag}' },
    { name: 'priority', type: 'boolean', required: false },
  ],
  validity: { from: 'first_bag', to: 'last_bag' },
  equipment: { field: 'belt', system: 'flights' },
  sources: ['aodb', 'fids'],
}

const ORDER: Omit<RecordKindView, 'counts'> = {
  name: 'work_order',
  label: { fr: 'Ordres de travail', en: 'Work orders' },
  key: ['id'],
  fields: [
    { name: 'id', type: 'text', required: true },
    { name: 'place', type: 'text', required: false },
    { name: 'state', type: 'text', required: true },
    { name: 'begin', type: 'time', required: false },
    { name: 'end', type: 'time', required: false },
    { name: 'cost', type: 'number', required: false, unit: '{EUR}' },
    { name: 'task', type: 'text', required: false },
  ],
  validity: { from: 'begin', to: 'end' },
  equipment: { field: 'place', system: 'maintenance' },
  sources: ['cmms'],
}

const BATCH: Omit<RecordKindView, 'counts'> = {
  ...{ name: 'shift', label: { fr: 'Équipes', en: 'Shifts' }, key: ['id'], sources: [] },
  fields: [{ name: 'id', type: 'text', required: true }],
}

const CARRIERS = ['AF', 'LH', 'BA', 'IB', 'KL', 'EY']

interface FlightOf {
  readonly number: string
  readonly day: string
  readonly belt: string
  readonly first: number
  readonly last: number
  readonly bags: number
}

function flightOf(i: number, startMs: number): FlightOf {
  const first = startMs - i * 7 * MINUTE + 20 * MINUTE
  return {
    number: `${CARRIERS[i % CARRIERS.length]}${1000 + ((i * 37) % 9000)}`,
    day: iso(first).slice(0, 10),
    belt: i === 4 || i === 19 ? 'Belt 33' : `Belt ${(i % 6) + 1}`,
    first,
    last: first + (18 + (i % 11)) * MINUTE,
    bags: 60 + ((i * 29) % 190),
  }
}

const flightView = (f: FlightOf, source: string, revision: number, known: number, more: Partial<RecordView> = {}): RecordView => ({
  ...{ kind: 'flight', key: [f.number, f.day], source, revision, knownTime: iso(known) },
  ...{ validFrom: iso(f.first), validTo: iso(f.last), isDeleted: false },
  values: {
    ...{ number: f.number, day: f.day, belt: f.belt, first_bag: iso(f.first), last_bag: iso(f.last), bags: f.bags },
    priority: f.bags > 200,
  },
  equipment: f.belt === 'Belt 33' ? null : `baggage/carousel-${f.belt.slice(5)}`,
  ...more,
})

/** Flight 0 was moved and corrected and is told by two sources that differ; flight 2 was deleted. */
function flightVersions(i: number, startMs: number): RecordView[] {
  const f = flightOf(i, startMs)
  const known = f.first - 90 * MINUTE
  if (i === 2) return [flightView(f, 'aodb', 1, known), flightView(f, 'aodb', 2, known + 40 * MINUTE, { isDeleted: true })]
  if (i !== 0) return [flightView(f, 'aodb', 1, known)]
  const late = { ...f, first: f.first + 12 * MINUTE, last: f.last + 15 * MINUTE }
  return [
    flightView({ ...f, belt: 'Belt 2', bags: 140 }, 'aodb', 1, known),
    flightView({ ...f, bags: 140 }, 'aodb', 2, known + 25 * MINUTE),
    flightView({ ...late, bags: 140 }, 'aodb', 3, known + 52 * MINUTE),
    flightView({ ...late, bags: 148 }, 'aodb', 4, startMs - 3 * MINUTE, { authoritative: true }),
    flightView({ ...f, bags: 140 }, 'fids', 1, known + 5 * MINUTE),
    flightView({ ...late, last: late.last - 4 * MINUTE, bags: 140 }, 'fids', 2, known + 60 * MINUTE, {
      authoritative: false,
      disagrees: ['last_bag', 'bags'],
    }),
  ]
}

function orders(startMs: number): RecordView[] {
  const order = (id: string, hours: number, lasts: number | null, state: string, task: string, cost: number | null): RecordView => {
    const begin = startMs - hours * 60 * MINUTE
    const end = lasts === null ? null : iso(begin + lasts * 60 * MINUTE)
    return {
      ...{ kind: 'work_order', key: [id], source: 'cmms', revision: 1, knownTime: iso(begin - 5 * MINUTE) },
      ...{ validFrom: iso(begin), validTo: end, isDeleted: false, equipment: 'baggage/carousel-3/motor' },
      values: { id, place: 'CAR-03-M', state, begin: iso(begin), end, cost, task },
    }
  }
  return [
    order('WO-48110', 30, 2.5, 'closed', 'Replace bearing, drive side', 1240.5),
    order('WO-48177', 6, 1, 'closed', 'Inspect belt tracking', 85),
    order('WO-48201', 0.4, null, 'open', 'Motor current high: inspect gearbox, measure vibration, order parts if needed', null),
  ]
}

const WAITING = [
  {
    id: '4711.1',
    kind: 'flight',
    source: 'fids',
    reason: 'bags: a number expected, found "many"',
    row: { number: 'AF1234', day: '2026-11-26', belt: 'Belt 2', bags: 'many' },
  },
  {
    id: '4711.2',
    kind: 'flight',
    source: 'fids',
    reason: 'first_bag: 25:61 is no time (and no zone is declared for it)',
    row: { number: 'LH77', day: '2026-11-26', belt: 'Belt 1', first_bag: '2026-11-26 25:61' },
  },
  {
    id: '4698.7',
    kind: 'work_order',
    source: 'cmms',
    reason: 'state: one of open, closed, cancelled expected, found "PENDING-APPROVAL"',
    row: {
      id: 'WO-48199',
      state: 'PENDING-APPROVAL',
      place: 'CAR-03',
      task: 'Clean sensors of the sorter, level 2, and check the reflectors',
    },
  },
]

/** Answers about records. `count`: how many flights there are. */
export function createRecords(startMs: number, count: number) {
  let waiting = WAITING
  const newest = (versions: RecordView[]) =>
    versions.filter((one) => !versions.some((other) => other.source === one.source && other.revision > one.revision))
  const versionsOf = (kind: string): RecordView[][] =>
    kind === 'flight'
      ? Array.from({ length: count }, (_, i) => flightVersions(i, startMs))
      : kind === 'work_order'
        ? orders(startMs).map((one) => [one])
        : []
  return {
    kinds: (): RecordKindList => ({
      kinds:
        count === 0
          ? []
          : [
              {
                ...FLIGHT,
                counts: [
                  { source: 'aodb', records: count, changedTime: iso(startMs - 3 * MINUTE), quarantined: 0 },
                  {
                    source: 'fids',
                    records: 1,
                    changedTime: iso(startMs - 9 * MINUTE),
                    quarantined: waiting.filter(({ source }) => source === 'fids').length,
                  },
                ],
              },
              {
                ...ORDER,
                counts: [
                  {
                    source: 'cmms',
                    records: 3,
                    changedTime: iso(startMs - 24 * MINUTE),
                    quarantined: waiting.filter(({ source }) => source === 'cmms').length,
                  },
                ],
              },
              { ...BATCH, counts: [] },
            ],
    }),
    list(search: URLSearchParams): RecordList {
      const at = search.get('asKnownAt')
      const [from, to] = [search.get('from'), search.get('to')].map((time) => (time ? Date.parse(time) : undefined))
      const key = search.getAll('key')
      const all = versionsOf(search.get('kind') ?? '')
        .filter(([first]) => key.length === 0 || JSON.stringify(first.key) === JSON.stringify(key))
        .map((versions) => versions.filter(({ knownTime }) => !at || knownTime <= at))
        .flatMap((versions) => (search.get('versions') === 'all' ? versions : newest(versions)))
        .filter(
          ({ validFrom, validTo }) =>
            (!to || Date.parse(validFrom ?? '') < to) && (!from || validTo === null || Date.parse(validTo) > from),
        )
      const limit = Number(search.get('limit'))
      const start = Number(search.get('after') ?? 0)
      const truncated = all.length > start + limit
      return { records: all.slice(start, start + limit), truncated, ...(truncated && { next: String(start + limit) }) }
    },
    quarantine: (): QuarantineList => ({
      rows: waiting.map(({ row, ...rest }, i) => ({ ...rest, row: JSON.stringify(row), knownTime: iso(startMs - (i + 1) * 31 * MINUTE) })),
      truncated: false,
    }),
    release(ids: readonly string[]): ReleaseAnswer {
      const refused = ids.filter((id) => id === '4711.2').map((id) => ({ id, reason: 'first_bag: 25:61 is no time' }))
      const released = ids.filter((id) => id !== '4711.2')
      waiting = waiting.filter(({ id }) => !released.includes(id))
      return { released, refused }
    },
    discard(ids: readonly string[]): DiscardAnswer {
      waiting = waiting.filter(({ id }) => !ids.includes(id))
      return { discarded: [...ids], refused: [] }
    },
    unknown: (): UnknownEquipmentList => ({
      names:
        count === 0
          ? []
          : [
              {
                ...{ kind: 'flight', source: 'aodb', system: 'flights', name: 'Belt 33', records: 2 },
                suggestions: [
                  { name: 'Belt 3', path: 'baggage/carousel-3' },
                  { name: 'Belt 13', path: 'baggage/carousel-13' },
                ],
              },
              { kind: 'work_order', source: 'cmms', system: 'maintenance', name: 'SORTER: L2', records: 1, suggestions: [] },
            ],
      truncated: false,
    }),
  }
}
