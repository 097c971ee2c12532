import type { Definition, DefinitionList, FactList, FactView } from '../../src/api/schemas.ts'

/** Made-up jams, deliveries and KPIs, shaped as the API's schemas say. */
const MINUTE = 60_000
const HOUR = 3_600_000

const iso = (ms: number): string => new Date(ms).toISOString()
type Value = FactView['values'][string]

const good = (value: Value['value'], unit?: string, coverage: number | null = 1): Value => ({
  ...{ value, status: 'Good', statusCode: 'Good', coverage, reasons: [] },
  ...(unit && { unit }),
})
const doubtful = (value: Value['value'], unit: string, coverage: number, reasons: string[]): Value => ({
  ...{ value, unit, status: 'Uncertain', statusCode: 'UncertainSubNormal', coverage, reasons },
})

const state = (startMs: number) => ({
  ...{ version: '3f2a91', watermark: iso(startMs - 2_000), waiting: 0, lagSeconds: 0, computed: 812, published: 96, withdrawn: 2 },
  ...{ late: 0, isStopped: false },
})

const definitions = (startMs: number): Definition[] => [
  {
    ...{ name: 'jam', type: 'event', label: { fr: 'Bourrage', en: 'Jam' }, ...state(startMs) },
    declaration: {
      ...{ id: 'jam', for: 'baggage/carousel-*', inputs: { current: 'motor/current', running: 'running' } },
      ...{ start: 'running && current > 16.0', minimum: '5s', mergeGap: '20s', severity: 600 },
      attributes: { peak: { signal: 'motor/current', function: 'maximum' } },
    },
  },
  {
    ...{ name: 'stop', type: 'event', label: { fr: 'Arrêt de tapis', en: 'Belt stop' }, ...state(startMs), late: 14 },
    declaration: { id: 'stop', for: 'baggage/carousel-*', inputs: { running: 'running' }, start: '!running' },
  },
  {
    ...{ name: 'delivery', type: 'join', label: { fr: 'Livraison des bagages', en: 'Baggage delivery' }, ...state(startMs) },
    ...{ lagSeconds: 184, waiting: 37 },
    declaration: {
      ...{ each: 'flight', tolerance: '5s', progress: '30s' },
      values: {
        jams: { count: 'jam' },
        stopped: { duration: 'jam' },
        mean_current: { signal: './motor/current', function: 'timeAverage' },
      },
    },
  },
  {
    ...{ name: 'availability', type: 'kpi', label: { fr: 'Disponibilité', en: 'Availability' }, ...state(startMs) },
    declaration: { formula: '(planned - stopped) / planned * 100', unit: '%', range: [90, 100], trend: 'higher-is-better', timing: '1h' },
  },
  {
    ...{ name: 'energy_per_bag', type: 'kpi', label: { fr: 'Énergie par bagage', en: 'Energy per bag' }, ...state(startMs) },
    declaration: { formula: 'energy / bags', unit: 'kW.h', range: { upper: 0.12 }, trend: 'lower-is-better', timing: '1h' },
  },
  {
    ...{ name: 'sorter_load', type: 'signal', label: { fr: 'Charge du trieur', en: 'Sorter load' }, ...state(startMs) },
    ...{ isStopped: true, problem: 'expression: an index is outside of the list (max 8)', watermark: iso(startMs - 9 * HOUR) },
    declaration: { id: 'baggage/sorter/load', inputs: { a: 'baggage/carousel-1/bags' }, expression: 'a[9] / 60.0' },
  },
]

function jam(i: number, startMs: number): FactView {
  const carousel = i % 4 === 1 ? 1 : 3
  const from = startMs - 8 * MINUTE - i * 47 * MINUTE
  const to = i === 0 ? null : from + (40 + ((i * 53) % 260)) * 1_000
  const until = to ?? startMs
  return {
    ...{ definition: 'jam', type: 'event', key: `baggage/carousel-${carousel} · ${iso(from)}`, revision: i === 2 ? 3 : 1 },
    ...{ cause: i === 0 ? 'progress' : i === 2 ? 'late-samples' : 'first', knownTime: iso(until + 4_000) },
    ...{ equipment: `baggage/carousel-${carousel}`, from: iso(from), to: to === null ? null : iso(to), isWithdrawn: false },
    values: {
      duration: good(Math.round((until - from) / 1000), 's'),
      peak: i % 5 === 3 ? doubtful(17.4, 'A', 0.62, ['coverage', 'input-uncertain']) : good(16.2 + ((i * 13) % 30) / 10, 'A'),
    },
    inputs: [
      {
        signal: `t2e/baggage/carousel-${carousel}/motor/current`,
        from: iso(from),
        to: iso(until),
        samples: Math.round((until - from) / 500),
        newestIngest: 812,
      },
      { signal: `t2e/baggage/carousel-${carousel}/running`, from: iso(from), to: iso(until), samples: 2, newestIngest: 812 },
    ],
  }
}

/** The third jam began earlier than was known at first, and lasted longer. */
function jamRevisions(startMs: number): FactView[] {
  const last = jam(2, startMs)
  const from = Date.parse(last.from)
  const first: FactView = {
    ...{ ...last, revision: 1, cause: 'first', knownTime: iso(from + 60_000), to: null, equipment: last.equipment },
    values: { duration: good(60, 's'), peak: doubtful(16.1, 'A', 0.8, ['coverage']) },
  }
  const second: FactView = {
    ...last,
    revision: 2,
    cause: 'progress',
    values: { ...last.values, peak: good(16.9, 'A') },
    knownTime: iso(from + 200_000),
  }
  return [first, second, { ...last, changed: ['peak'], knownTime: iso(startMs - 20 * MINUTE) }]
}

function delivery(i: number, startMs: number): FactView {
  const from = startMs - i * 7 * MINUTE + (i === 0 ? -6 : -30) * MINUTE
  const number = `${['AF', 'LH', 'BA', 'IB', 'KL', 'EY'][i % 6]}${1000 + ((i * 37) % 9000)}`
  const day = iso(startMs - i * 7 * MINUTE + 20 * MINUTE).slice(0, 10)
  const to = i === 0 ? null : iso(from + 20 * MINUTE)
  return {
    ...{ definition: 'delivery', type: 'join', key: `${number} · ${day}`, revision: 1, cause: i % 3 === 0 ? 'record' : 'first' },
    ...{
      knownTime: iso(from + 21 * MINUTE),
      equipment: `baggage/carousel-${(i % 6) + 1}`,
      from: iso(from),
      to,
      isWithdrawn: false,
      tolerance: '5s',
    },
    values: {
      jams: good(i % 3, undefined, null),
      stopped: i % 7 === 2 ? doubtful(48, 's', 0.55, ['coverage']) : good((i % 3) * 46, 's', 1),
      mean_current:
        i % 11 === 5
          ? { value: null, unit: 'A', status: 'Bad', statusCode: 'BadNoData', coverage: 0, reasons: ['input-missing'] }
          : good(8.4 + (i % 9) / 10, 'A', 0.97),
    },
    inputs: [
      { record: 'flight', key: [number, day], source: 'aodb', revision: 1 },
      ...(i % 3 > 0 ? [{ fact: 'jam', key: jam(i % 20, startMs).key, revision: 1 }] : []),
      {
        signal: `t2e/baggage/carousel-${(i % 6) + 1}/motor/current`,
        from: iso(from),
        to: iso(from + 20 * MINUTE),
        samples: 2_400,
        newestIngest: 900,
      },
    ],
  }
}

function kpi(name: string, i: number, carousel: number, startMs: number): FactView {
  const begin = Math.floor(startMs / HOUR) * HOUR - i * HOUR
  const coverage = i === 5 ? 0.4 : i === 11 ? 0 : i === 0 ? Math.max(0.1, (startMs - begin) / HOUR) : 1
  const value =
    name === 'availability'
      ? 99.5 - ((i * 7 + carousel * 5) % 14) + (carousel === 3 && i < 3 ? -9 : 0)
      : 0.06 + ((i * 11 + carousel * 3) % 8) / 100
  const unit = name === 'availability' ? '%' : 'kW.h'
  const of: Value =
    coverage === 0
      ? { value: null, unit, status: 'Bad', statusCode: 'BadNoData', coverage, reasons: ['input-missing'] }
      : coverage < 0.8
        ? doubtful(Math.round(value * 1000) / 1000, unit, coverage, ['coverage'])
        : good(Math.round(value * 1000) / 1000, unit, coverage)
  return {
    ...{
      definition: name,
      type: 'kpi',
      key: `baggage/carousel-${carousel} · ${iso(begin)}`,
      revision: 1,
      cause: 'first',
      knownTime: iso(begin + HOUR),
    },
    ...{ equipment: `baggage/carousel-${carousel}`, from: iso(begin), to: i === 0 ? null : iso(begin + HOUR), isWithdrawn: false },
    values: { [name]: of },
    inputs: [
      { fact: 'jam', key: jam(i, startMs).key, revision: 1 },
      { signal: `t2e/baggage/carousel-${carousel}/running`, from: iso(begin), to: iso(begin + HOUR), samples: 12, newestIngest: 900 },
    ],
  }
}

/** Answers about results. `count`: how many jams there are; 0: nothing is declared. */
export function createFacts(startMs: number, count: number) {
  const all = (name: string): FactView[] => {
    if (name === 'jam') return Array.from({ length: count }, (_, i) => jam(i, startMs))
    if (name === 'delivery') return Array.from({ length: 40 }, (_, i) => delivery(i, startMs))
    if (name !== 'availability' && name !== 'energy_per_bag') return []
    return [1, 3].flatMap((carousel) => Array.from({ length: 24 }, (_, i) => kpi(name, i, carousel, startMs)))
  }
  return {
    definitions: (): DefinitionList => ({ definitions: count === 0 ? [] : definitions(startMs) }),
    list(search: URLSearchParams): FactList {
      const limit = Number(search.get('limit'))
      const at = search.get('asKnownAt')
      const [from, to] = [search.get('from'), search.get('to')].map((time) => (time ? Date.parse(time) : undefined))
      const key = search.get('key')
      const third = jam(2, startMs).key
      const found = search.getAll('definition').map((name) =>
        all(name)
          .flatMap((one) => (search.get('revisions') === 'all' && name === 'jam' && one.key === third ? jamRevisions(startMs) : [one]))
          .filter((one) => (!key || one.key === key) && (!at || one.knownTime <= at))
          .filter((one) => (!to || Date.parse(one.from) < to) && (!from || one.to === null || Date.parse(one.to) > from)),
      )
      return { facts: found.flatMap((facts) => facts.slice(0, limit)), truncated: found.some((facts) => facts.length > limit) }
    },
  }
}
