import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { loadConfig } from '../src/config/index.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'
import { openSums } from './ledger.ts'

const LIMIT_MS = 60_000
/** As `harness.ts` of the spool names it. */
const NODE = 'edge-1'

/** A whole node on a damaged copy of a log, with a history that has none of it yet: the sums of its ledger that do not close. `undefined`: it refused to start, as it may. */
export async function sumsAfter(log: string, folder: string): Promise<readonly string[] | undefined> {
  const data = join(folder, 'whole')
  await mkdir(data, { recursive: true })
  await cp(log, join(data, 'spool'), { recursive: true })
  const file = join(folder, 'whole.yaml')
  await writeFile(
    file,
    `version: 1\nsite: { id: t }\nnode: { id: ${NODE} }\ndata: ${data}\nspool: { segmentBytes: 64KiB, maxBytes: 64MiB }\nhistorian: { commitInterval: 20ms }\n`,
  )
  try {
    const loaded = await loadConfig(file, { connectors: [], env: {} })
    const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'faults' }).catch(() => undefined)
    if (!node) return undefined
    try {
      await until('everything in the historian', LIMIT_MS, () => node.view.historianLag().records === 0)
      const { samples } = await node.view.historian.stats()
      const { lines } = await node.view.ledger()
      const delivered = lines.reduce((sum, { destinations }) => sum + (destinations[0]?.delivered ?? 0), 0)
      const miscounted = delivered === samples ? [] : [`${NODE}: ${samples} rows stored, ${delivered} counted as delivered`]
      return [...(await openSums(node.view)), ...miscounted]
    } finally {
      await node.stop()
    }
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}
