import { writeSync } from 'node:fs'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'
import { countingConnector } from './counting-source.ts'

/** A whole node collecting from a counter; it tells its parent of each acknowledgement, synchronously, until it is killed. */
const [file] = process.argv.slice(2) as [string]
const journal = countingConnector((last) => writeSync(1, `ack ${last}\n`))
const loaded = await loadConfig(file, { connectors: [journal as Connector], env: process.env })
await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'test' })
writeSync(1, 'ready\n')
