import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { type Clock, DAY, systemClock } from '../src/core/time.ts'
import { type Gateway, killAll, type Member, withGateway } from './gateway.ts'
import type { NodeProcess } from './node.ts'
import { faultsOf } from './oracle.ts'
import { type Form, ofLong, type Row } from './row.ts'

/** The clock of the edge, or of the hub, jumps by a day while the edge sends, each on its own. */
export const title = 'Clock jumps of edge and hub'
export const ofGateway = true
export const needs = ['faketime']

const LIMIT_MS = 60_000
const MORE_BATCHES = 10
/** Whose clock, and by how much, in the words of libfaketime. */
const JUMPS = [
  ['edge', '+1d'],
  ['hub', '+1d'],
  ['edge', '-1d'],
  ['hub', '-1d'],
  ['edge', '+0'],
  ['hub', '+0'],
] as const
const MEMBERS: readonly Member[] = [
  { name: 'hub', role: 'hub' },
  { name: 'edge', role: 'edge', to: 'hub', device: 'batch: 20, period: 5' },
]
/** Both enrolled days ago: a certificate that is not in force yet is refused, whoever's clock is wrong. */
const DAYS_AGO: Clock = { ...systemClock, now: () => systemClock.now() - 3 * DAY }

export async function run(form: Form): Promise<Row[]> {
  const rounds = form === 'short' ? 1 : Math.max(2, ofLong(10))
  const library = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0]
  if (!library) throw new Error('libfaketimeMT.so.1 is not where Debian puts it')
  return withGateway(
    MEMBERS,
    async (gateway) => {
      for (let round = 0; round < rounds; round++) await jumping(gateway, library, round % 2 === 1)
      await gateway.settle()
      const verdict = await gateway.verdict('edge')
      const faults = faultsOf(verdict)
      return [
        {
          fault: 'clock jumps of edge and hub',
          method: `libfaketime, each node its own: ${JUMPS.map(([name, by]) => `${name} ${by}`).join(', ')}, while the edge sends${form === 'long' ? '; the node whose clock jumps is killed and started again every other round' : ''}`,
          runs: rounds * JUMPS.length,
          target: 'sequence errors 0, lost 0, stored twice 0; the hub confirms at every setting',
          figure: `${faults || 'out of order 0, lost 0, twice 0'} of ${verdict.acknowledged.toLocaleString('en')} acknowledged`,
          met: faults === '' && verdict.acknowledged > 0,
        },
      ]
    },
    DAYS_AGO,
  )
}

/** Every jump once; after each the edge reads and the hub confirms. */
async function jumping(gateway: Gateway, library: string, kills: boolean): Promise<void> {
  const offset = (name: string) => join(gateway.folder, `${name}.offset`)
  const env = (name: string) => ({
    ...{ LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: offset(name), FAKETIME_CACHE_DURATION: '1', DONT_FAKE_MONOTONIC: '1' },
  })
  const start = (name: string) => gateway.start(name, { env: env(name) })
  for (const name of ['hub', 'edge']) writeFileSync(offset(name), '+0')
  const nodes: Record<string, NodeProcess> = {}
  try {
    for (const name of ['hub', 'edge']) nodes[name] = await start(name)
    for (const [name, by] of JUMPS) {
      writeFileSync(offset(name), by)
      if (kills) {
        await nodes[name]?.kill()
        nodes[name] = await start(name)
      }
      const { edge, hub } = nodes as { edge: NodeProcess; hub: NodeProcess }
      await until(
        `the clock of ${name} shows ${by}`,
        LIMIT_MS,
        async () => Math.abs(await offBy(nodes[name] as NodeProcess, by)) < DAY / 10,
      )
      const enough = edge.acknowledged() + MORE_BATCHES
      await until('acknowledgements', LIMIT_MS, () => edge.isOver() || hub.isOver() || edge.acknowledged() > enough)
      const { lastSequence } = await edge.report()
      await until(`confirmations at ${name} ${by}`, LIMIT_MS, async () => {
        return ((await edge.report()).uplink?.confirmedSequence ?? 0) >= lastSequence
      })
    }
    await nodes.edge?.stop()
    await nodes.hub?.stop()
  } finally {
    await killAll(...Object.values(nodes))
  }
}

/** How far the clock of a node is from what it is meant to show. */
async function offBy(node: NodeProcess, by: string): Promise<number> {
  const days = Number(/^[+-]\d+/.exec(by)?.[0])
  return (await node.report()).time - systemClock.now() - days * DAY
}
