import { z } from 'zod'
import type { HistorianStats } from '../core/historian.ts'
import type { ConnectionHealth, NodeView } from '../core/node-view.ts'
import { rank } from '../core/status.ts'
import { formatTime } from '../core/time.ts'
import type { Resources, Server } from './route.ts'
import { type Connection, type Health, health } from './schemas.ts'

const STATS_MS = 2_000

/** Builds the health of a node; the historian is asked at most every two seconds, however many look. */
export function healthReader(view: NodeView): () => Promise<Health> {
  let asked = Number.NEGATIVE_INFINITY
  let stats: Promise<HistorianStats> | undefined
  const historianStats = (): Promise<HistorianStats> => {
    if (!stats || view.clock.monotonicMs() - asked > STATS_MS) {
      asked = view.clock.monotonicMs()
      stats = view.historian.stats()
    }
    return stats
  }
  return async () => describe(view, await historianStats())
}

function describe(view: NodeView, stored: HistorianStats): Health {
  const connections = view.connections()
  const spool = view.spool()
  const lag = view.historianLag()
  const problem = lag.problem ?? stored.problem
  const failing = spool.problem !== undefined
  const degraded = problem !== undefined || connections.some(({ liveness }) => liveness === 'uncertain' || liveness === 'bad')
  return {
    status: failing ? 'failing' : degraded ? 'degraded' : 'ok',
    site: view.site,
    node: view.node,
    version: view.version,
    configVersion: view.configVersion,
    time: formatTime(view.clock.now()),
    startedTime: formatTime(view.startedTime),
    signals: countSignals(view),
    connections: connections.map(toConnection),
    spool: { ...spool, oldestTime: timeOf(spool.oldestTime), problem: spool.problem },
    historian: {
      lagRecords: lag.records,
      samples: stored.samples,
      hotBytes: stored.hotBytes,
      coldBytes: stored.coldBytes,
      oldestTime: timeOf(stored.oldestTime),
      newestTime: timeOf(stored.newestTime),
      problem,
    },
  }
}

function countSignals({ signals, last }: NodeView): Health['signals'] {
  const counts = [0, 0, 0]
  let waiting = 0
  for (let index = 0; index < signals.size; index++) {
    if (!last.has(index)) waiting++
    else counts[rank(last.status[index] as number)] = (counts[rank(last.status[index] as number)] as number) + 1
  }
  const [good, uncertain, bad] = counts as [number, number, number]
  return { total: signals.size, good, uncertain, bad, waiting }
}

export function toConnection(connection: ConnectionHealth): Connection {
  const { lastError, ...rest } = connection
  return {
    ...rest,
    dropped: { ...connection.dropped },
    since: formatTime(connection.since),
    lastHeardTime: timeOf(connection.lastHeardTime),
    lastGoodTime: timeOf(connection.lastGoodTime),
    lastError: lastError && { ...lastError, time: formatTime(lastError.time) },
  }
}

const timeOf = (time: number | undefined): string | undefined => (time === undefined ? undefined : formatTime(time))

export function healthRoutes(server: Server, { view }: Resources): void {
  const read = healthReader(view)
  server.get(
    '/api/v1/health',
    { config: { permission: 'read' }, schema: { summary: 'The node at a glance', response: { 200: health } } },
    () => read(),
  )
  server.get(
    '/api/v1/health/live',
    {
      config: { permission: 'public' },
      schema: { summary: 'For orchestrators: is the node up', response: { 200: z.object({ status: health.shape.status }) } },
    },
    async () => ({ status: (await read()).status }),
  )
}
