import type { Connection, Health, Sample, Signal } from '../../src/api/schemas.ts'

/** A made-up terminal for the browser tests: shaped as the API's schemas say, lively, with one carousel motor that draws too much. */
export interface FixturePlant {
  readonly signals: Signal[]
  sampleOf(index: number, timeMs: number): Sample
  health(timeMs: number): Health
}

type Model = readonly [name: string, fr: string, en: string, unit: string | undefined, low: number, high: number, decimals: number]

interface Kind {
  readonly area: string
  readonly item: string
  readonly connection: string
  readonly fr: string
  readonly en: string
  readonly models: readonly Model[]
}

const KINDS: readonly Kind[] = [
  {
    area: 't2e/baggage',
    item: 'carousel',
    connection: 'baggage-plc',
    fr: 'Carrousel',
    en: 'Carousel',
    models: [
      ['motor/current', 'courant du moteur', 'motor current', 'A', 0, 16, 1],
      ['motor/temperature', 'température du moteur', 'motor temperature', 'Cel', 10, 80, 1],
      ['motor/vibration', 'vibration du moteur', 'motor vibration', 'mm/s', 0, 4.5, 2],
      ['belt/speed', 'vitesse du tapis', 'belt speed', 'm/s', 0, 1.2, 2],
      ['bags', 'bagages', 'bags', '{bag}', 0, 200_000, 0],
      ['running', 'en marche', 'running', undefined, 0, 1, 0],
    ],
  },
  {
    area: 't2e/energy',
    item: 'meter',
    connection: 'energy-meters',
    fr: 'Compteur',
    en: 'Meter',
    models: [
      ['power', 'puissance', 'power', 'kW', 0, 400, 1],
      ['energy', 'énergie', 'energy', 'kW.h', 0, 9_000_000, 0],
      ['power-factor', 'facteur de puissance', 'power factor', undefined, 0.8, 1, 2],
    ],
  },
  {
    area: 't2e/chilled-water',
    item: 'loop',
    connection: 'energy-meters',
    fr: 'Boucle',
    en: 'Loop',
    models: [
      ['supply/temperature', 'température de départ', 'supply temperature', 'K', 278, 282, 1],
      ['return/temperature', 'température de retour', 'return temperature', 'Cel', 9, 16, 1],
      ['flow', 'débit', 'flow', 'm3/h', 20, 180, 1],
    ],
  },
  {
    area: 't2e/gates',
    item: 'gate',
    connection: 'gates-broker',
    fr: 'Porte',
    en: 'Gate',
    models: [
      ['bridge/position', 'position de la passerelle', 'bridge position', 'm', 0, 32, 2],
      ['bridge/docked', 'passerelle accostée', 'bridge docked', undefined, 0, 1, 0],
      ['power/voltage', 'tension 400 Hz', '400 Hz voltage', 'V', 108, 122, 1],
      ['display/flight', 'vol affiché', 'flight shown', undefined, 0, 0, 0],
    ],
  },
]

const BOOLEANS = new Set(['running', 'bridge/docked'])

export function createFixturePlant(count: number, startMs: number): FixturePlant {
  const defined: { signal: Signal; model: Model; item: number }[] = []
  for (let item = 1; defined.length < count; item++) {
    for (const kind of KINDS) {
      for (const model of kind.models) defined.push({ signal: define(kind, item, model), model, item })
    }
  }
  const entries = defined.slice(0, count).sort((a, b) => (a.signal.id < b.signal.id ? -1 : 1))
  const sampleOf = (index: number, timeMs: number) => {
    const { signal, model, item } = entries[index]
    return sample(signal, model, item, timeMs)
  }
  return { signals: entries.map(({ signal }) => signal), sampleOf, health: (timeMs) => health(entries.length, startMs, timeMs) }
}

function define(kind: Kind, item: number, [name, fr, en, unit, low, high, decimals]: Model): Signal {
  const dataType = name === 'display/flight' ? 'text' : BOOLEANS.has(name) ? 'boolean' : 'number'
  return {
    id: `${kind.area}/${kind.item}-${item}/${name}`,
    connection: kind.connection,
    address: kind.connection === 'baggage-plc' ? `ns=2;s=CAR${item}.${name}` : `holding ${40_000 + item * 10}`,
    dataType,
    unit,
    ...(unit === 'K' && { displayUnit: 'Cel', display: { factor: 1, offset: -273.15 } }),
    label: { fr: `${kind.fr} ${item}, ${fr}`, en: `${kind.en} ${item}, ${en}` },
    ...(dataType === 'number' ? { decimals, range: [low, high] as [number, number] } : {}),
  }
}

function sample(signal: Signal, [name, , , , low, high]: Model, item: number, timeMs: number): Sample {
  const base = {
    signal: signal.id,
    time: new Date(timeMs - 40).toISOString(),
    receivedTime: new Date(timeMs).toISOString(),
    unit: signal.unit,
  }
  const abnormal = abnormalities(signal.id, timeMs)
  const wave = Math.sin(timeMs / 9_000 + item * 1.7 + name.length)
  const value =
    signal.dataType === 'text'
      ? `AF ${1000 + item}`
      : signal.dataType === 'boolean'
        ? item % 4 !== 0
        : low + (high - low) * (0.5 + 0.28 * wave)
  return { ...base, value, status: 'Good', statusCode: 'Good', reasons: [], ...abnormal }
}

function abnormalities(id: string, timeMs: number): Partial<Sample> {
  switch (id) {
    case 't2e/baggage/carousel-3/motor/current':
      return {
        value: 18.4 + Math.sin(timeMs / 5_000) * 0.6,
        status: 'Uncertain',
        statusCode: 'UncertainEngineeringUnitsExceeded',
        reasons: ['contract', 'range@1'],
      }
    case 't2e/energy/meter-4/power':
      return { value: null, status: 'Bad', statusCode: 'BadNoCommunication', reasons: ['modbus-gateway-target-silent'] }
    case 't2e/gates/gate-2/bridge/position':
      return { status: 'Uncertain', statusCode: 'UncertainLastUsableValue', reasons: ['source-silent'], value: 12.5 }
    default:
      return {}
  }
}

const connection = (name: string, kind: string, fr: string, en: string, signals: number, atMs: number): Connection => ({
  name,
  kind,
  label: { fr, en },
  endpoint: kind === 'opcua' ? 'opc.tcp://127.0.0.1:4840' : kind === 'modbus' ? 'tcp://127.0.0.1:5020' : 'mqtt://127.0.0.1:1883',
  state: 'connected',
  liveness: 'live',
  since: new Date(atMs - 3_600_000).toISOString(),
  lastHeardTime: new Date(atMs - 300).toISOString(),
  lastGoodTime: new Date(atMs - 800).toISOString(),
  latencyMs: 3.4,
  ...(kind !== 'modbus' && {
    clockMethod: kind === 'opcua' ? ('round-trip' as const) : ('one-way' as const),
    clock: {
      ...{ offsetUs: kind === 'opcua' ? 3_600_000_900 : -1_200, uncertaintyUs: 1_300, measuredTime: new Date(atMs - 9_000).toISOString() },
      ...{
        method: kind === 'opcua' ? ('round-trip' as const) : ('one-way' as const),
        maxOffsetUs: 5_000_000,
        beyondLimit: kind === 'opcua',
      },
      ...(kind === 'opcua' && { finding: 'local-time' as const, findingDetail: 'UTC+01:00' }),
    },
  }),
  signals,
  attempts: 1,
  reconnects: 0,
  read: 123_456,
  stored: 123_440,
  good: 120_000,
  uncertain: 3_000,
  bad: 440,
  gaps: 1,
  dropped: {},
  ratePerSecond: 82.4,
  pending: 16,
})

function health(total: number, startMs: number, timeMs: number): Health {
  const third = Math.floor(total / 3)
  return {
    status: 'degraded',
    site: { id: 't2e', label: { fr: 'Aéroport, terminal 2E', en: 'Airport, terminal 2E' } },
    node: 'demo',
    role: 'all',
    nodes: { total: 0, silent: 0 },
    version: '0.1.0',
    configVersion: 'fixture',
    time: new Date(timeMs).toISOString(),
    startedTime: new Date(startMs).toISOString(),
    signals: { total, good: total - 3, uncertain: 2, bad: 1, waiting: 0 },
    connections: [
      connection('baggage-plc', 'opcua', 'Automate bagages', 'Baggage PLC', third, timeMs),
      connection('energy-meters', 'modbus', 'Compteurs d’énergie', 'Energy meters', third, timeMs),
      {
        ...connection('runway-lights', 'modbus', 'Balisage', 'Runway lights', 0, timeMs),
        state: 'backing-off',
        liveness: 'bad',
        latencyMs: undefined,
        lastGoodTime: undefined,
        ratePerSecond: 0,
        dropped: { 'queue-full': 12 },
        lastError: {
          language: 'en',
          time: new Date(timeMs - 4_000).toISOString(),
          message: 'unit 4 did not answer within 1000 ms',
          hint: 'check the wiring of unit 4, or raise `timeout`',
        },
      },
      connection('gates-broker', 'mqtt', 'Portes et passerelles', 'Gates and bridges', total - 2 * third, timeMs),
    ],
    spool: {
      firstSequence: 1,
      lastSequence: 48_210,
      bytes: 52_400_000,
      maxBytes: 1_073_741_824,
      oldestTime: new Date(timeMs - 7_200_000).toISOString(),
      droppedSamples: 0,
      corruptRecords: 0,
      fsyncP50Ms: 1.2,
      fsyncP99Ms: 6.8,
    },
    historian: {
      lagRecords: 2,
      samples: 8_123_456,
      hotBytes: 61_000_000,
      coldBytes: 18_000_000,
      oldestTime: new Date(timeMs - 7 * 86_400_000).toISOString(),
      newestTime: new Date(timeMs - 400).toISOString(),
    },
  }
}
