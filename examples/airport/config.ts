import { type Endpoints, fleetOf, type Gate, type ModbusUnit, SPARKPLUG_GROUP } from './fleet.ts'
import { COMPUTED, carouselPlaces, itConnections, RECORD_KINDS } from './it-side.ts'
import type { Point } from './point.ts'
import { CHILLER_PLACES, METER_PLACES, type Place } from './registers.ts'
import { ZONES } from './zones.ts'

/** Where `plant.ts --fixed-ports` listens: what the committed ecluse.yaml says. */
export const FIXED_ENDPOINTS: Endpoints = {
  opcua: 'opc.tcp://127.0.0.1:48400',
  energy: [{ host: '127.0.0.1', port: 15020 }],
  cooling: [{ host: '127.0.0.1', port: 15021 }],
  mqtt: 'mqtt://127.0.0.1:18830',
  flights: 'http://127.0.0.1:18480',
  orders: './data/it/workorders.sqlite',
}

/** The whole `ecluse.yaml` of the demo, comments included, for equipment at these endpoints. */
export function airportConfig(endpoints: Endpoints, scale: number): string {
  const fleet = fleetOf(scale, 0)
  const connections = [
    baggage(endpoints.opcua, fleet.carousels),
    ...fleet.energy.map((units, i) => energy(endpoints, i, units)),
    ...fleet.cooling.map((units, i) => cooling(endpoints, i, units)),
    gates(endpoints.mqtt, fleet.gates),
    itConnections(endpoints),
  ]
  return `${HEAD}${ZONES}${PLACES}${carouselPlaces(fleet.carousels.length)}
${MOTOR}\n${RECORD_KINDS}\n${COMPUTED}${REST}${connections.join('\n')}`
}

const HEAD = `# Écluse at a demo airport: terminal 2E with its baggage carousels (OPC UA), energy meters and chillers (Modbus), gates (MQTT, Sparkplug B),
# its flight system (REST) and its maintenance system (SQL).
# Every device is simulated by examples/airport/plant.ts, which speaks the real protocols on this machine:
#
#   node examples/airport/plant.ts --fixed-ports --orders examples/airport/data/it/workorders.sqlite
#                                                    the equipment and the IT systems, on the ports below
#   ecluse run examples/airport/ecluse.yaml          Écluse, collecting from it
#
# \`ecluse demo\` does both, on free ports. This file is written by examples/airport/config.ts.

version: 1

site:
  id: t2e
  label: { fr: "Terminal 2E", en: "Terminal 2E" }

node:
  id: demo
  zone: operations

# Everything stored goes here, relative to this file.
data: ./data

# The API and the user interface, for this machine alone.
http:
  host: 127.0.0.1
  port: 8480

# The durable log between the devices and everything that stores; at most this much, for this long.
spool:
  maxBytes: 512MiB
  maxAge: 2d

historian:
  memoryLimit: 256MiB
  retention: 90d

# What a good reading is, said once for all signals of a kind. tests/ holds examples of it: \`ecluse test examples/airport/ecluse.yaml\`.
models:
  motor-current:
    label: { fr: "Courant d'un moteur de tapis", en: "Current of a belt motor" }
    unit: A
    decimals: 2
    range: [0, 9]
    instrumentRange: [0, 50]
    resolution: 0.05
    maxRatePerSecond: 40
    author: baggage maintenance

`

const PLACES = `# Places (ISA-95), what other systems call them, and what stands in them: a swapped motor is one more line with its date.
equipment:
  baggage: { level: area, label: { fr: "Tri bagages", en: "Baggage handling" } }
`

const MOTOR = `  baggage/carousel-3/motor:
    level: equipment
    assets:
      - { serial: M3-0417, from: 2019-03-11T08:00:00Z, type: "7.5 kW, 4 poles" }
      - { serial: M3-1102, from: 2025-06-02T05:40:00Z, type: "7.5 kW, 4 poles", note: bearing worn }

`

const REST = `
# What both sides agreed on: who answers for the data, what it may be used for, and what must hold while it flows.
contracts: [contracts/*.odcs.yaml]

# What values are used for, and how good they must be for that: ecluse why SIGNAL --use billing answers yes, with care or no, and why.
uses:
  maintenance-display:
    label: { fr: "Affichage pour la maintenance", en: "Maintenance display" }
    # What the contracts call it.
    names: [maintenance planning, alerting the maintenance crew]
    care: { minimumCoverage: 0.9, worstStatus: Good, maximumClockUncertainty: 2s, maximumAge: 1min, contractStates: [active], wholeChain: true }
    refuse: { minimumCoverage: 0.5, worstStatus: Uncertain, maximumAge: 15min, contractStates: [active, deprecated] }
  billing:
    label: { fr: "Facturation", en: "Billing" }
    # No bill without a contract that permits it.
    contract: required
    care: { minimumCoverage: 1, worstStatus: Good, maximumClockUncertainty: 100ms, wholeChain: true }
    refuse: { minimumCoverage: 0.98, worstStatus: Good, maximumClockUncertainty: 1s, contractStates: [active], reasons: ["spike@*", "clock-*"] }

connections:
`

function baggage(endpoint: string, carousels: readonly (readonly Point[])[]): string {
  // Named by node id: what people look at first, with its own label. The rest of each carousel is found by browsing.
  const named = (point: Point) => /(motor\/(current|speed)|drive\/fault|\/state|\/flight)$/.test(point.id)
  const browsed = (carousels[0] ?? []).filter((point) => !named(point))
  return `  baggage:
    kind: opcua
    zone: field
    label: { fr: "Tri bagages", en: "Baggage handling" }
    # No word for this long, keep-alives included: every value turns Uncertain, then Bad.
    silence: { uncertainAfter: 15s, badAfter: 45s }
    endpoint: ${endpoint}
    # The line stays inside this machine and the server is a toy that is born with a new certificate at each start, so there is nobody to
    # identify. A real server gets sign-and-encrypt, which is the default, and \`ecluse trust\`.
    security: { mode: none }
    subscription: { publishingInterval: 500ms, samplingInterval: 500ms, keepAlive: 5s }
    signals:
      # Found by browsing: one line for all carousels.
${browsed.map((point) => signal(point, { id: `baggage/{path}/{name}`, browse: `Objects/Baggage/*/${point.id.split('/').slice(2).join('/')}` })).join('\n')}
      # Named one by one.
${carousels
  .map((points) =>
    points
      .filter(named)
      .map((point) => signal(point, { node: `ns=1;s=${nodeOf(point.id)}` }))
      .join('\n'),
  )
  .join('\n')}
`
}

/** Node id of a carousel's point: its browse path with dots. */
export function nodeOf(id: string): string {
  return pathOf(id).replaceAll('/', '.')
}

export function pathOf(id: string): string {
  return id.replace(/^baggage/, 'Baggage')
}

function energy({ energy: gateways }: Endpoints, index: number, units: readonly ModbusUnit[]): string {
  const { host, port } = gateways[index] ?? { host: '127.0.0.1', port: 502 }
  return `  energy${index === 0 ? '' : `-${index + 1}`}:
    kind: modbus
    zone: field
    label: { fr: "Comptage électrique", en: "Energy meters" }
    silence: { uncertainAfter: 10s, badAfter: 30s }
    # A Modbus TCP gateway with one meter per unit id. Each meter is read with two requests a second.
    host: ${host}
    port: ${port}
    timeout: 1s
    period: 1s
    signals:
${units.map((unit) => unitSignals(unit, METER_PLACES)).join('\n')}
`
}

function cooling({ cooling: servers }: Endpoints, index: number, units: readonly ModbusUnit[]): string {
  const { host, port } = servers[index] ?? { host: '127.0.0.1', port: 502 }
  return `  cooling${index === 0 ? '' : `-${index + 1}`}:
    kind: modbus
    zone: field
    label: { fr: "Eau glacée", en: "Chilled water" }
    silence: { uncertainAfter: 15s, badAfter: 60s }
    # A serial line behind a device server: Modbus RTU frames, with their checksum, in a TCP connection.
    host: ${host}
    port: ${port}
    framing: rtu-over-tcp
    timeout: 1s
    period: 2s
    signals:
${units.map((unit) => unitSignals(unit, CHILLER_PLACES)).join('\n')}
`
}

function unitSignals({ unitId, points }: ModbusUnit, places: readonly Place[]): string {
  return points.map((point, i) => signal(point, { unitId, ...places[i] })).join('\n')
}

function gates(url: string, all: readonly Gate[]): string {
  const metric = (node: string, device: string, point: Point) => ({ metric: `${SPARKPLUG_GROUP}/${node}/${device}/${metricOf(point.id)}` })
  const lines = all.flatMap(({ node, gate, bridge, gatePoints, bridgePoints }) => [
    ...gatePoints.map((point) => signal(point, metric(node, gate, point))),
    ...bridgePoints.map((point) => signal(point, metric(node, bridge, point))),
  ])
  return `  gates:
    kind: mqtt
    zone: field
    label: { fr: "Portes et passerelles", en: "Gates and boarding bridges" }
    silence: { uncertainAfter: 30s, badAfter: 2min }
    format: sparkplug
    # In clear, because it stays inside this machine. A real broker gets mqtts:// and a user.
    url: ${url}
    # The demo's broker speaks MQTT 3.1.1.
    protocolVersion: 4
    groups: [${SPARKPLUG_GROUP}]
    # Only what is listed; with true, everything the edge nodes announce is collected too.
    discover: false
    signals:
${lines.join('\n')}
`
}

/** Sparkplug metric of a gate's or a bridge's point: the last part of its id. */
export function metricOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}

/** One signal; text in double quotes, which JSON and YAML write alike. */
function signal(point: Point, address: Record<string, unknown>): string {
  const { id, fr, en, model, decimals, range } = point
  const unit = model === undefined ? point.unit : undefined
  const keys = Object.entries({ id, ...address, label: { fr, en }, model, unit, decimals, range }).filter(
    ([, value]) => value !== undefined,
  )
  return keys.map(([key, value], i) => `      ${i === 0 ? '-' : ' '} ${key}: ${flow(value)}`).join('\n')
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    return `{ ${entries.map(([key, item]) => `${key}: ${flow(item)}`).join(', ')} }`
  }
  return typeof value === 'string' && !/^[a-z][\w/.-]*$/i.test(value) ? JSON.stringify(value) : String(value)
}
