import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { ConnectionHealth, DerivationView, NodeView, RecordCounts, RemoteNode } from '../core/node-view.ts'
import type { Resources } from './route.ts'

type Reading = readonly [name: string, help: string, read: (connection: ConnectionHealth) => number | undefined]

const seconds = (us: number | undefined): number | undefined => (us === undefined ? undefined : us / 1e6)

const COUNTERS: readonly Reading[] = [
  ['ecluse_samples_read_total', 'Samples read from the device', (c) => c.read],
  ['ecluse_samples_stored_total', 'Samples made durable', (c) => c.stored],
  ['ecluse_connection_attempts_total', 'Attempts to connect', (c) => c.attempts],
  ['ecluse_connection_reconnects_total', 'Connections made again', (c) => c.reconnects],
  ['ecluse_connection_gaps_total', 'Times the device was silent past its limit', (c) => c.gaps],
]
const GAUGES: readonly Reading[] = [
  ['ecluse_connection_up', '1 while connected', (c) => (c.state === 'connected' ? 1 : 0)],
  ['ecluse_connection_live', '1 while the device is heard within its limits', (c) => (c.liveness === 'live' ? 1 : 0)],
  ['ecluse_connection_signals', 'Signals of the connection', (c) => c.signals],
  ['ecluse_connection_pending_samples', 'Samples read but not yet durable', (c) => c.pending],
  [
    'ecluse_connection_latency_seconds',
    'Round trip of the last request',
    (c) => (c.latencyMs !== undefined ? c.latencyMs / 1000 : undefined),
  ],
  ['ecluse_connection_clock_offset_seconds', 'Clock of the device minus ours', (c) => seconds(c.clock?.offsetUs)],
  ['ecluse_connection_clock_uncertainty_seconds', 'Half width of what the clock offset may be', (c) => seconds(c.clock?.uncertaintyUs)],
  ['ecluse_connection_clock_drift_ppm', 'How much faster the clock of the device runs', (c) => c.clock?.driftPpm],
  [
    'ecluse_connection_clock_beyond_limit',
    '1 while the clock of the device is off by more than its limit for certain',
    (c) => c.clock && Number(c.clock.beyondLimit),
  ],
  [
    'ecluse_connection_last_heard_timestamp_seconds',
    'Last word from the device',
    (c) => (c.lastHeardTime !== undefined ? c.lastHeardTime / 1e6 : undefined),
  ],
]

const OF_RECORDS: readonly (readonly [name: string, help: string, key: keyof RecordCounts])[] = [
  ['ecluse_record_rows_total', 'Rows of IT records read', 'rows'],
  ['ecluse_record_versions_total', 'New versions of IT records', 'versions'],
  ['ecluse_record_deletions_total', 'IT records that their source deleted', 'deleted'],
  ['ecluse_record_quarantined_total', 'Rows set aside because they are no record of their kind', 'quarantined'],
]

const OF_DERIVATIONS: readonly (readonly [name: string, help: string, read: (derivation: DerivationView) => number])[] = [
  ['ecluse_derivation_lag_seconds', 'Since when the oldest result waits that could be computed', (d) => d.lagSeconds],
  ['ecluse_derivation_waiting_units', 'Units that something touched and that are not computed yet', (d) => d.dirty],
  ['ecluse_derivation_late_changes', 'Changes later than the horizon, since the start', (d) => d.late],
  ['ecluse_derivation_published_facts', 'Revisions published, since the start', (d) => d.published],
  ['ecluse_derivation_stopped', '1 when it failed and computes no more', (d) => Number(d.isStopped)],
]

type NodeReading = readonly [name: string, help: string, read: (remote: RemoteNode) => number | undefined]

const OF_NODES: readonly NodeReading[] = [
  ['ecluse_remote_live', '1 while the node is heard within its limits', (r) => (r.liveness === 'live' ? 1 : 0)],
  ['ecluse_remote_last_heard_timestamp_seconds', 'Last word from the node', (r) => seconds(r.lastHeardTime)],
  ['ecluse_remote_last_sequence', 'Last record of its log that is durable here', (r) => r.sequence],
  ['ecluse_remote_behind_records', 'Records it has beyond, as far as it has said', (r) => r.behindRecords],
  ['ecluse_remote_lost_records', 'Records it declared as gone for good, since the start', (r) => r.lostRecords],
]

type OwnReading = readonly [name: string, help: string, read: (view: NodeView) => number | undefined]

const OF_LINK: readonly OwnReading[] = [
  ['ecluse_spool_growth_bytes_per_second', 'Growth of the spool over the last minutes', (v) => v.outlook().growthBytesPerSecond],
  ['ecluse_spool_time_left_seconds', 'How long nothing is given up when nothing is delivered', (v) => v.outlook().timeLeft?.seconds],
  ['ecluse_uplink_up', '1 while connected to the next node', (v) => v.uplink() && (v.uplink()?.state === 'connected' ? 1 : 0)],
  ['ecluse_uplink_refused', '1 while the next node refuses', (v) => v.uplink() && (v.uplink()?.problem?.code ? 1 : 0)],
  ['ecluse_uplink_behind_records', 'Durable records the next node does not have yet', (v) => v.uplink()?.behindRecords],
  ['ecluse_uplink_sent_bytes', 'Bytes sent to the next node since the start', (v) => v.uplink()?.sentBytes],
  ['ecluse_uplink_sent_samples', 'Samples sent to the next node since the start', (v) => v.uplink()?.sentSamples],
  [
    'ecluse_uplink_round_trip_seconds',
    'Round trip of the last question to the next node',
    (v) => (v.uplink()?.roundTripMs === undefined ? undefined : (v.uplink()?.roundTripMs as number) / 1000),
  ],
]

/** What a node counts, in the text format of Prometheus. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
}

/** Labels are connections, nodes, severities and reasons; never signals. The process itself (its collector, its event loop) is watched from now on. */
export function openMetrics({ view, rate }: Pick<Resources, 'view' | 'rate'>): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const counters = COUNTERS.map(([name, help, read]) => ({
    metric: new Counter({ name, help, labelNames: ['connection'], registers }),
    read,
  }))
  const gauges = GAUGES.map(([name, help, read]) => ({ metric: new Gauge({ name, help, labelNames: ['connection'], registers }), read }))
  const judged = new Counter({
    name: 'ecluse_samples_judged_total',
    help: 'Samples stored, by severity',
    labelNames: ['connection', 'severity'],
    registers,
  })
  const dropped = new Counter({
    name: 'ecluse_samples_dropped_total',
    help: 'Samples lost, by reason',
    labelNames: ['connection', 'reason'],
    registers,
  })
  const writes = new Counter({
    name: 'ecluse_write_attempts_refused_total',
    help: 'Wishes to write to a device, all refused, by reason',
    labelNames: ['reason'],
    registers,
  })
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const spoolBytes = gauge('ecluse_spool_bytes', 'Size of the spool')
  const spoolSequence = gauge('ecluse_spool_last_sequence', 'Last record of the spool')
  const fsync = gauge('ecluse_spool_fsync_p99_seconds', '99th percentile of recent fsyncs')
  const lag = gauge('ecluse_historian_lag_records', 'Durable records the historian does not have yet')
  const signals = gauge('ecluse_signals', 'Signals of the node')

  const tooMany = new Counter({ name: 'ecluse_http_requests_refused_total', help: 'Requests refused because too many came', registers })

  const ofRecords = OF_RECORDS.map(([name, help, key]) => ({
    metric: new Counter({ name, help, labelNames: ['connection'], registers }),
    key,
  }))
  const ofDerivations = OF_DERIVATIONS.map(([name, help, read]) => ({
    metric: new Gauge({ name, help, labelNames: ['definition'], registers }),
    read,
  }))
  const ofNodes = OF_NODES.map(([name, help, read]) => ({ metric: new Gauge({ name, help, labelNames: ['node'], registers }), read }))
  const ofLink = OF_LINK.map(([name, help, read]) => ({ metric: gauge(name, help), read }))

  /** Counters restart with the process: set from the node's own, which only grow. */
  const collect = () => {
    for (const { metric } of counters) metric.reset()
    judged.reset()
    dropped.reset()
    for (const connection of view.connections()) {
      const labels = { connection: connection.name }
      for (const { metric, read } of counters) metric.inc(labels, read(connection) ?? 0)
      for (const { metric, read } of gauges) metric.set(labels, read(connection) ?? Number.NaN)
      for (const severity of ['good', 'uncertain', 'bad'] as const) judged.inc({ ...labels, severity }, connection[severity])
      for (const [reason, count] of Object.entries(connection.dropped)) dropped.inc({ ...labels, reason }, count)
    }
    for (const { metric, key } of ofRecords) {
      metric.reset()
      for (const { name, records } of view.connections()) if (records) metric.inc({ connection: name }, records[key])
    }
    tooMany.reset()
    tooMany.inc(rate?.refused ?? 0)
    const derivations = view.derivations()
    for (const { metric, read } of ofDerivations) for (const one of derivations) metric.set({ definition: one.name }, read(one))
    const remotes = view.remotes()
    for (const { metric, read } of ofNodes) {
      metric.reset()
      for (const remote of remotes) metric.set({ node: remote.node }, read(remote) ?? Number.NaN)
    }
    for (const { metric, read } of ofLink) metric.set(read(view) ?? Number.NaN)
    writes.reset()
    for (const [reason, count] of Object.entries(view.writes.refused())) writes.inc({ reason }, count)
    const spool = view.spool()
    spoolBytes.set(spool.bytes)
    spoolSequence.set(spool.lastSequence)
    fsync.set(spool.fsyncP99Ms / 1000)
    lag.set(view.historianLag().records)
    signals.set(view.signals.size)
  }

  return {
    contentType: registry.contentType,
    text: () => {
      collect()
      return registry.metrics()
    },
  }
}
