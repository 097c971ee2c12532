import { connect } from 'node:net'
import { until } from '../bench/node.ts'
import { type Gateway, killAll, type Member, withGateway } from './gateway.ts'
import type { NodeProcess } from './node.ts'
import { faultsOf } from './oracle.ts'
import { type Form, ofLong, type Row } from './row.ts'
import { seeded } from './seeded.ts'

/** An edge, a relay and a hub; each is killed at random moments. A relay has confirmed what it has on its own disk only: nobody else has it then. */
export const title = 'Relay between edge and hub'
export const beside = 'one'
export const ofGateway = true

const LIMIT_MS = 60_000
const READY_LIMIT_MS = 5_000
const MEMBERS: readonly Member[] = [
  { name: 'hub', role: 'hub' },
  { name: 'relay', role: 'relay', to: 'hub' },
  { name: 'edge', role: 'edge', to: 'relay', device: 'batch: 20, period: 4' },
]
const NAMES = ['edge', 'relay', 'hub'] as const
type Ready = Record<(typeof NAMES)[number], number[]>

export async function run(form: Form): Promise<Row[]> {
  const kills = form === 'short' ? 6 : ofLong(200)
  return withGateway(MEMBERS, async (gateway) => {
    const random = seeded(process.env.ECLUSE_SEED ?? 'relay')
    const ready: Ready = { edge: [], relay: [], hub: [] }
    const nodes: Partial<Record<(typeof NAMES)[number], NodeProcess>> = {}
    try {
      for (const name of [...NAMES].reverse()) nodes[name] = await gateway.start(name)
      for (let i = 0; i < kills; i++) {
        const edge = nodes.edge as NodeProcess
        const more = edge.acknowledged() + 20 + Math.floor(random() * 200)
        await until('acknowledgements', LIMIT_MS, () => edge.acknowledged() > more || edge.isOver())
        // In turn at first, so that the short form meets each of them.
        const name = NAMES[i < NAMES.length ? i : Math.floor(random() * NAMES.length)] as (typeof NAMES)[number]
        await nodes[name]?.kill()
        const again = (nodes[name] = await gateway.start(name))
        await until(`${name} is ready`, LIMIT_MS, async () => (name === 'edge' ? again.acknowledged() > 0 : listens(gateway.port(name))))
        ready[name].push(performance.now() - again.startedMs)
      }
      for (const name of NAMES) await nodes[name]?.stop()
    } finally {
      await killAll(...Object.values(nodes))
    }
    return [await judged(gateway, form, ready)]
  })
}

async function judged(gateway: Gateway, form: Form, ready: Ready): Promise<Row> {
  await gateway.settle()
  const verdict = await gateway.verdict('edge')
  const faults = faultsOf(verdict)
  const all = Object.values(ready).flat()
  const told = Object.entries(ready).map(([name, ms]) => `${name} ${seconds(Math.max(...ms))}`)
  // Beside the other tests a start takes as long as the machine is busy.
  const counts = form === 'short' ? median(all) : Math.max(...all)
  return {
    fault: 'kill -9 of edge, relay and hub',
    method: 'SIGKILL at random moments, edge → relay → hub over TLS; ready: the edge acknowledges, the others take connections',
    runs: all.length,
    target: `acknowledged lost 0, stored twice 0 at the hub; ready ≤ ${READY_LIMIT_MS / 1000} s${form === 'short' ? ' (median)' : ''}`,
    figure: `${faults || 'lost 0, twice 0'} of ${verdict.acknowledged.toLocaleString('en')} acknowledged; ready after ${seconds(median(all))} (median), at most ${told.join(', ')}`,
    met: faults === '' && verdict.acknowledged > 0 && counts <= READY_LIMIT_MS,
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
