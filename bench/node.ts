import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'
import type { Connector, SampleConnector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import type { NodeView } from '../src/core/node-view.ts'
import type { Delivery, Source } from '../src/core/source.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'

/** Runs a whole node on a temporary directory while `work` measures, then removes everything. */
export async function withNode<T>(
  connections: string,
  work: (view: NodeView) => Promise<T>,
  extra: readonly Connector[] = [],
  declared = '',
  more: { readonly isUnaccounted?: boolean; readonly after?: (data: string) => void } = {},
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-bench-'))
  const file = join(directory, 'ecluse.yaml')
  writeFileSync(file, `version: 1\nsite: { id: b }\nspool: { maxBytes: 16GiB }\n${declared}connections:\n${connections}`)
  const loaded = await loadConfig(file, { connectors: [...connectors, ...extra], env: process.env })
  const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'bench', ...more })
  try {
    return await work(node.view)
  } finally {
    await node.stop()
    more.after?.(loaded.config.data)
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A connector whose source hands over what `read` makes of each delivery. */
export function withDelivery<Config>(
  connector: SampleConnector<Config>,
  change: (delivery: Delivery) => Delivery,
): SampleConnector<Config> {
  return {
    ...connector,
    source: (config, context): Source => {
      const source = connector.source(config, context)
      return {
        counters: source.counters,
        connect: (stop) => source.connect(stop),
        close: () => source.close(),
        read: async (stop) => change(await source.read(stop)),
      }
    },
  }
}

/** Resolves when `done` says so; fails after `limitMs` with what was waited for. */
export async function until(what: string, limitMs: number, done: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`)
    await systemClock.sleep(5)
  }
}
