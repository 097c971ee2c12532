import { connect } from 'node:net'
import { until } from '../bench/node.ts'
import { type Gateway, killAll, type Member, withGateway } from './gateway.ts'
import type { NodeProcess } from './node.ts'
import { faultsOf } from './oracle.ts'
import type { Form, Row } from './row.ts'
import { seeded } from './seeded.ts'

/** An edge, a relay and a hub; each is killed at random moments. A relay has confirmed what it has on its own disk only: nobody else has it then. */
export const title = 'Relay between edge and hub'

const LIMIT_MS = 60_000
const READY_LIMIT_MS = 5_000
const MEMBERS: readonly Member[] = [
  { name: 'hub', role: 'hub' },
  { name: 'relay', role: 'relay', to: 'hub' },
  { name: 'edge', role: 'edge', to: 'relay', device: 'period: 2' },
]
const NAMES = ['edge', 'relay', 'hub'] as const

export async function run(form: Form): Promise<Row[]> {
  const kills = form === 'short' ? 6 : 200
  return withGateway(MEMBERS, async (gateway) => {
    const random = seeded(process.env.ECLUSE_SEED ?? 'relay')
    const slowest = { edge: 0, relay: 0, hub: 0 }
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
        slowest[name] = Math.max(slowest[name], performance.now() - again.startedMs)
      }
      for (const name of NAMES) await nodes[name]?.stop()
    } finally {
      await killAll(...Object.values(nodes))
    }
    return [await judged(gateway, kills, slowest)]
  })
}

async function judged(gateway: Gateway, kills: number, slowest: Record<string, number>): Promise<Row> {
  await gateway.settle()
  const verdict = await gateway.verdict('edge')
  const faults = faultsOf(verdict)
  const ready = Object.entries(slowest).map(([name, ms]) => `${name} ${(ms / 1000).toFixed(1)} s`)
  return {
    fault: 'kill -9 of edge, relay and hub',
    method: 'SIGKILL at random moments, edge → relay → hub over TLS; ready: the edge acknowledges, the others take connections',
    runs: kills,
    target: `acknowledged lost 0, stored twice 0 at the hub; ready ≤ ${READY_LIMIT_MS / 1000} s`,
    figure: `${faults || 'lost 0, twice 0'} of ${verdict.acknowledged.toLocaleString('en')} acknowledged; ready after at most ${ready.join(', ')}`,
    met: faults === '' && verdict.acknowledged > 0 && Math.max(...Object.values(slowest)) <= READY_LIMIT_MS,
  }
}

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
