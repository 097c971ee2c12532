import { writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'
import { transportOf } from '../src/run/transport.ts'
import { countingDevice } from './counter.ts'
import { Journal } from './journal.ts'
import { reporter } from './node-report.ts'

/**
 * A whole node under fault, collecting from a device that keeps a journal. Arguments: configuration, journal, and `serve` for its HTTP surface and its
 * other connectors, which take time to load. It tells its parent `url U`, answers `report` and `measure` with `report JSON`, and stops at `stop`.
 */
const [file, path, serve] = process.argv.slice(2) as [string, string, string | undefined]
const journal = new Journal(path)
const others = serve ? (await import('../src/connectors/index.ts')).connectors : []
const loaded = await loadConfig(file, { connectors: [...others, countingDevice(journal) as Connector], env: process.env })
const parts = { clock: systemClock, log: silent }
const transport = await transportOf(loaded, parts)
const node = await startNode(loaded, { ...parts, random: Math.random, version: 'faults', ...(transport && { transport }) })
const api = serve ? await listen() : undefined
const report = reporter(node)
// Whoever started it is gone, and with it whoever would stop it.
process.stdin.once('close', () => process.exit(1))
createInterface({ input: process.stdin }).on('line', async (order) => {
  if (order !== 'stop') return void writeSync(1, `report ${JSON.stringify(report(order === 'measure'))}\n`)
  await api?.close()
  await node.stop()
  journal.close()
  process.exit(0)
})

async function listen() {
  const { startApi } = await import('../src/api/index.ts')
  const directory = dirname(path)
  const started = await startApi(node.view, { host: '127.0.0.1', port: 0, directory, webDirectory: join(directory, 'web'), log: silent })
  writeSync(1, `url ${started.url}\n`)
  return started
}
