import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { systemClock } from '../src/core/time.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'
import { SCRIPT_FROM, scriptedConnector, scriptTime } from './scripted-source.ts'

/** What the rules are told besides what the device says of its signals: two that must agree, and one that repairs. */
export function writeJudging(directory: string): string {
  const file = join(directory, 'ecluse.yaml')
  writeFileSync(
    file,
    `version: 1
site: { id: t }
spool: { segmentBytes: 1MiB, maxBytes: 1GiB }
historian: { commitInterval: 50ms }
peers:
  both: { same: [s0, s1], tolerance: 40, within: 1s }
substitutes:
  clean: { of: s2, method: last-good, forAtMost: 2s, author: x }
connections:
  script: { kind: scripted, scripted: true }
`,
  )
  return file
}

/** Starts a node whose device goes on after the newest second that is durable. `done` when it has heard all and history has it. */
export async function runScript(file: string, total: number): Promise<{ node: RunningNode; first: number; done: Promise<void> }> {
  const next = Promise.withResolvers<number>()
  const said = Promise.withResolvers<void>()
  const connector = scriptedConnector(next.promise, total, said.resolve)
  const loaded = await loadConfig(file, { connectors: [connector as Connector], env: {} })
  const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'test' })
  await stored(node.view)
  const { value } = await node.view.historian.samples({ signal: 't/second', ...SCRIPT, limit: 1, descending: true })
  const first = value.length === 0 ? 0 : (value[0] as number) + 1
  next.resolve(first)
  return { node, first, done: said.promise.then(() => stored(node.view)) }
}

async function stored(view: NodeView): Promise<void> {
  while (view.historianLag().records > 0) await systemClock.sleep(10)
}

/** The script's own times: what the node says of its own end, at its own time, is not in them. */
const SCRIPT = { from: SCRIPT_FROM - 1e6, to: scriptTime(1_000_000) }

/** Every verdict by its time; those of one time by what they say, for one record may hold several. */
export async function verdictsOf(view: NodeView): Promise<Record<string, string[]>> {
  const out: Record<string, string[]> = {}
  for (const name of ['s0', 's1', 's2', 's3', 's4', 's5', 'clean', 'second']) {
    const found = await view.historian.samples({ signal: `t/${name}`, ...SCRIPT, limit: 1_000_000 })
    out[name] = Array.from({ length: found.time.length }, (_, i) => {
      const reasons = found.reasonSets.get(found.reasons[i] as number) ?? []
      return `${found.time[i]} ${found.value[i]} ${found.status[i]} ${[...reasons].sort()}`
    }).sort()
  }
  return out
}
