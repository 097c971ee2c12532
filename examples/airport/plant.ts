import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import {
  createRestSimulator,
  type ModbusSimulator,
  startDemoBroker,
  startModbusSimulator,
  startSparkplugSimulator,
} from '../../src/index.ts'
import type { BaggageTask } from './baggage.ts'
import { FIXED_ENDPOINTS, metricOf } from './config.ts'
import { type Moment, momentAt } from './day.ts'
import { type Door, makeDoor } from './door.ts'
import { type Endpoints, type Fleet, fleetOf, type ModbusUnit, SPARKPLUG_GROUP } from './fleet.ts'
import { flightsAt } from './flights.ts'
import { openOrders } from './orders.ts'
import type { Point } from './point.ts'
import { CHILLER_PLACES, METER_PLACES, MISSING_REGISTER, OLD_METER, type Place, store } from './registers.ts'
import { bridgeAway } from './story.ts'

/**
 * The airport's equipment and IT systems, speaking real protocols on loopback: `plant.ts [--scale N] [--seed N] [--orders FILE] [--fixed-ports]`.
 * Its first line on standard output, and its first IPC message, are the endpoints. Every device listens by then; the OPC UA server needs some time more,
 * and who comes early waits at its door.
 */

/** How often devices renew their values. */
const PERIOD_MS = 1_000
const HOST = '127.0.0.1'
const ILLEGAL_DATA_ADDRESS = 2
/** The bridge that goes away now and then, and its edge node. */
const LOST_BRIDGE = { node: 'pier-1', device: 'bridge-2' }
const SCALE_MAX = 100

const { values } = parseArgs({
  options: { scale: { type: 'string' }, seed: { type: 'string' }, orders: { type: 'string' }, 'fixed-ports': { type: 'boolean' } },
})
const scale = Math.min(SCALE_MAX, Math.max(1, Math.floor(Number(values.scale ?? 1)) || 1))
const seed = Math.floor(Number(values.seed ?? 0)) || 0

/** Things to end, last started first. */
type Stops = (() => Promise<unknown>)[]

async function main(): Promise<void> {
  const startMs = Date.now()
  const fleet = fleetOf(scale, seed)
  const stops: Stops = []
  const fixed = values['fixed-ports'] ? FIXED_ENDPOINTS : undefined
  const now = () => momentAt(Date.now(), startMs)
  const door = await makeDoor(HOST, fixed ? portOf(fixed.opcua) : 0)
  startBaggage({ scale, seed, startMs }, door, stops)
  const [energy, cooling, mqtt, flights] = await Promise.all([
    startGateways(fleet.energy, METER_PLACES, 'tcp', fixed?.energy[0]?.port ?? 0, now, stops),
    startGateways(fleet.cooling, CHILLER_PLACES, 'rtu-over-tcp', fixed?.cooling[0]?.port ?? 0, now, stops),
    startGates(fleet, startMs, fixed ? portOf(fixed.mqtt) : 0, stops),
    startFlights(fleet.carousels.length, startMs, fixed ? portOf(fixed.flights) : 0, stops),
  ])
  const orders = startOrders(values.orders, startMs, stops)
  energy[0]?.failWith(OLD_METER, ILLEGAL_DATA_ADDRESS, MISSING_REGISTER)
  const at = ({ port }: ModbusSimulator) => ({ host: HOST, port })
  const endpoints: Endpoints = {
    opcua: `opc.tcp://${HOST}:${door.port}`,
    energy: energy.map(at),
    cooling: cooling.map(at),
    mqtt,
    flights,
    orders,
  }
  process.stdout.write(`${JSON.stringify(endpoints)}\n`)
  process.send?.(endpoints)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stopAll(stops))
}

async function stopAll(stops: Stops): Promise<void> {
  await Promise.allSettled(stops.reverse().map((stop) => stop()))
  process.exit(0)
}

function startBaggage(task: BaggageTask, door: Door, stops: Stops): void {
  const file = import.meta.url.endsWith('.ts') ? './baggage.ts' : './baggage.js'
  const worker = new Worker(new URL(file, import.meta.url), { workerData: task })
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  worker.once('message', (port: number) => {
    door.open(port)
    process.send?.({ ready: 'opcua', afterMs: Math.round(performance.now()) })
  })
  worker.once('error', (error) => {
    process.stderr.write(`the OPC UA server of the plant could not go on: ${error.message}\n`)
    process.exit(1)
  })
  stops.push(async () => {
    worker.postMessage('stop')
    await Promise.all([door.close(), ended])
  })
}

async function startGateways(
  gateways: Fleet['energy'],
  places: readonly Place[],
  framing: 'tcp' | 'rtu-over-tcp',
  port: number,
  now: () => Moment,
  stops: Stops,
): Promise<ModbusSimulator[]> {
  return Promise.all(
    gateways.map(async (units) => {
      const images = Object.fromEntries(units.map(({ unitId }) => [unitId, {}]))
      const simulator = await startModbusSimulator({ port, host: HOST, framing, units: images })
      const renew = () => renewAll(simulator, units, places, now())
      renew()
      const timer = setInterval(renew, PERIOD_MS)
      stops.push(() => {
        clearInterval(timer)
        return simulator.stop()
      })
      return simulator
    }),
  )
}

function renewAll(simulator: ModbusSimulator, units: readonly ModbusUnit[], places: readonly Place[], at: Moment): void {
  for (const { unitId, points } of units) {
    const words = new Map<number, number>()
    points.forEach((point, i) => {
      store(simulator, unitId, places[i] as Place, point.value(at), words)
    })
    for (const [address, word] of words) simulator.setRegister(unitId, 'holding-register', address, word)
  }
}

/** The broker, and one edge node per pier with two devices per gate. Returns the broker's address. */
async function startGates(fleet: Fleet, startMs: number, port: number, stops: Stops): Promise<string> {
  const broker = await startDemoBroker(port)
  stops.push(() => broker.stop())
  let last = momentAt(startMs, startMs)
  let lastMs = startMs
  const moment = (ms: number) => {
    if (ms !== lastMs) {
      last = momentAt(ms, startMs)
      lastMs = ms
    }
    return last
  }
  const metric = (point: Point) => {
    const sample = point.value(moment(startMs))
    const type =
      typeof sample === 'number' ? (point.decimals === 0 ? 'Int32' : 'Double') : typeof sample === 'boolean' ? 'Boolean' : 'String'
    return {
      name: metricOf(point.id),
      type,
      value: (ms: number) => point.value(moment(ms)),
      ...(point.unit !== undefined && { unit: point.unit }),
    } as const
  }
  const piers = Map.groupBy(fleet.gates, ({ node }) => node)
  const nodes = [...piers].map(([name, gates]) => ({
    name,
    devices: gates.flatMap(({ gate, bridge, gatePoints, bridgePoints }) => [
      { name: gate, metrics: gatePoints.map(metric) },
      { name: bridge, metrics: bridgePoints.map(metric) },
    ]),
  }))
  const edge = await startSparkplugSimulator({ url: broker.url, group: SPARKPLUG_GROUP, nodes, periodMs: PERIOD_MS })
  stops.push(() => edge.stop())
  let away = false
  const timer = setInterval(() => {
    const should = bridgeAway(seed, (Date.now() - startMs) / 1000)
    if (should === away) return
    away = should
    const { node, device } = LOST_BRIDGE
    void (away ? edge.kill(node, device) : edge.revive(node, device))
  }, PERIOD_MS)
  stops.push(async () => clearInterval(timer))
  return broker.url
}

/** The flight system: arrivals over HTTP, as JSON. Returns its address. */
async function startFlights(carousels: number, startMs: number, port: number, stops: Stops): Promise<string> {
  const simulator = await createRestSimulator({ key: ['id'], path: '/arrivals', port, host: HOST })
  const told = new Map<string, string>()
  const renew = () => {
    const nowMs = Date.now()
    const changed = flightsAt(seed, carousels, momentAt(nowMs, startMs), startMs).filter((row) => told.get(row.id) !== JSON.stringify(row))
    for (const row of changed) told.set(row.id, JSON.stringify(row))
    simulator.put(...changed.map((row) => ({ ...row, updated: new Date(nowMs).toISOString() })))
  }
  renew()
  const timer = setInterval(renew, PERIOD_MS)
  stops.push(() => {
    clearInterval(timer)
    return simulator.stop()
  })
  return simulator.url
}

/** The maintenance system: a table in an SQL database. Returns its file. */
function startOrders(wanted: string | undefined, startMs: number, stops: Stops): string {
  const own = wanted === undefined ? mkdtempSync(join(tmpdir(), 'ecluse-airport-')) : undefined
  const file = wanted ?? join(own as string, 'workorders.sqlite')
  mkdirSync(dirname(file), { recursive: true })
  const orders = openOrders(file, startMs)
  const renew = () => orders.renew(Date.now())
  renew()
  const timer = setInterval(renew, PERIOD_MS)
  stops.push(async () => {
    clearInterval(timer)
    orders.close()
    if (own) rmSync(own, { recursive: true, force: true })
  })
  return file
}

const portOf = (url: string) => Number(url.slice(url.lastIndexOf(':') + 1))

await main()
