import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { startApi } from '../src/api/index.ts'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'
import { countingConnector } from './counting-source.ts'

/** A whole node with its HTTP server, collecting from a counter; it tells its parent of each acknowledgement and where it answers. */
const [file, directory] = process.argv.slice(2) as [string, string]
const journal = countingConnector((last) => writeSync(1, `ack ${last}\n`))
const loaded = await loadConfig(file, { connectors: [journal as Connector], env: process.env })
const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'test' })
const api = await startApi(node.view, { host: '127.0.0.1', port: 0, directory, webDirectory: join(directory, 'web'), log: silent })
writeSync(1, `url ${api.url}\n`)
process.stdin.once('data', async () => {
  await api.close()
  await node.stop()
  process.exit(0)
})
