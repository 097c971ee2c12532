import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { median } from '../bench/report.ts'
import { loadConfig } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'
import { silent } from '../src/core/log.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { systemClock } from '../src/core/time.ts'
import { freePort } from '../src/lib/ports.fixture.ts'
import { startNode } from '../src/run/node.ts'
import { DEVICE_SIGNALS, publisher, startBroker } from './broker.ts'
import { openSums } from './ledger.ts'
import { configure, withBench } from './node.ts'
import { compare, faultsOf } from './oracle.ts'
import { progressOf } from './progress.ts'
import type { Form, Row } from './row.ts'

/** A broker that keeps its sessions is stopped and started again while a device publishes with QoS 1 and a node with several connections reads. */
export const title = 'Broker restarts'
export const needs = ['mosquitto']

const CONNECTIONS = 5
const LIMIT_MS = 40_000
/** Clients that come back within less of each other come as one. */
const SPREAD_MS = 50

export async function run(form: Form): Promise<Row[]> {
  const restarts = form === 'short' ? 3 : 100
  return withBench(async (bench) => {
    const port = await freePort()
    const broker = await startBroker(bench, port)
    const file = await configure(bench, { connections: connectionsTo(port) })
    const loaded = await loadConfig(file, { connectors, env: process.env })
    const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'faults' })
    const spreads: number[] = []
    let unclosed: readonly string[] = []
    let device: Awaited<ReturnType<typeof publisher>> | undefined
    try {
      await until('connected', LIMIT_MS, () => areConnected(node.view))
      device = await publisher(bench, port)
      const progress = progressOf('restarts of the broker', restarts)
      for (let i = 0; i < restarts; i++) {
        progress(i)
        const { acknowledged } = device
        const enough = acknowledged() + 50
        await until('messages', LIMIT_MS, () => acknowledged() > enough)
        await broker.stop()
        await until('noticed', LIMIT_MS, () => node.view.connections().every(({ state }) => state !== 'connected'))
        await broker.start()
        spreads.push(await comeBack(node.view))
      }
      await device.finish()
      const { said } = device
      await until(
        'everything stored',
        LIMIT_MS,
        () => (node.view.connections()[0]?.stored ?? 0) >= said() && node.view.historianLag().records === 0,
      ).catch(
        () => undefined, // the oracle says what is missing
      )
      unclosed = await openSums(node.view)
    } finally {
      await device?.close()
      await node.stop()
      await broker.stop()
    }
    const verdict = { ...(await compare(bench.journal, join(bench.data, 'historian'), 't/')), unclosed }
    // What the device says again, and when, is its own affair.
    const faults = faultsOf({ ...verdict, dup: 0, reordered: 0 })
    const spread = median(spreads)
    return [
      {
        fault: 'broker restarts under load',
        method: `mosquitto that keeps sessions; one device at QoS 1, ${CONNECTIONS} connections of one node`,
        runs: restarts,
        target: `acknowledged lost 0, sums close, reconnects spread (≥ ${SPREAD_MS} ms)`,
        figure: `${faults || 'lost 0'} of ${verdict.acknowledged.toLocaleString('en')}, ${verdict.dup} sent twice by the device; ${CONNECTIONS} reconnects over ${spread.toFixed(0)} ms (median)`,
        met: faults === '' && spread >= SPREAD_MS && verdict.acknowledged > 0,
      },
    ]
  })
}

function connectionsTo(port: number): string {
  return Array.from(
    { length: CONNECTIONS },
    (_, i) =>
      `  c${i}: { kind: mqtt, url: 'mqtt://127.0.0.1:${port}', format: plain, signals: ${i === 0 ? DEVICE_SIGNALS : `[{ id: other-${i}, topic: other/${i} }]`} }`,
  ).join('\n')
}

const areConnected = (view: NodeView) => view.connections().every(({ state }) => state === 'connected')

/** Milliseconds between the first connection that is back and the last. */
async function comeBack(view: NodeView): Promise<number> {
  const back = new Map<string, number>()
  await until('all connections back', LIMIT_MS, () => {
    for (const { name, state } of view.connections()) if (state === 'connected' && !back.has(name)) back.set(name, performance.now())
    return back.size === CONNECTIONS
  })
  return Math.max(...back.values()) - Math.min(...back.values())
}
