import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { systemClock } from '../src/core/time.ts'
import { type Break, fill, onSmallDisk } from './full-disk.ts'
import { type Gateway, killAll, type Member, withGateway } from './gateway.ts'
import { type NodeProcess, statusOf } from './node.ts'
import { faultsOf, type Verdict } from './oracle.ts'
import { type Form, mayMount, ofLong, type Row } from './row.ts'
import { failCalls } from './strace.ts'

/** The hub's disk is full, or its historian cannot write, while an edge sends: the edge keeps what the hub does not confirm. */
export const title = 'Full hub'
export const beside = 'one'
export const ofGateway = true
export const needs = ['strace']

const LIMIT_MS = 60_000
const ALARM_MS = 1_000
const BAD_MS = 2_000
/** The historian tries again after 5 s at most, a link that was turned away after 15 s; and then there is all the rest to send. */
const CATCH_UP_MS = 45_000
const SMALL = 'segmentBytes: 64KiB, maxBytes: 1MiB'
const LARGE = 'segmentBytes: 128KiB, maxBytes: 64MiB'

interface Trial {
  readonly alarmMs: number
  /** Records that the hub confirmed while its disk could not take any. */
  readonly falseConfirms: number
  /** Batches that the edge acknowledged to its device meanwhile. */
  readonly kept: number
  readonly catchUpMs: number
  readonly verdict: Verdict
}

interface Injury {
  readonly breakHub: Break
  /** The hub's disk takes nothing at all, so that nothing may be confirmed. */
  readonly takesNothing: boolean
  readonly spool: string
  readonly data?: string
  readonly batches?: number
}

export async function run(form: Form): Promise<Row[]> {
  const runs = form === 'short' ? 1 : ofLong(5)
  const stuck: Break = (hub, { data, folder }) =>
    failCalls(hub.pid(), ['write', 'pwrite64'], 'ENOSPC', join(folder, 'strace'), join(data, 'historian', 'historian.duckdb.wal'))
  const rows = [
    await row(
      'the historian of the hub is stuck',
      'strace: ENOSPC from every write to its log; a hub’s spool of 1 MiB, overflow: block',
      runs,
      () => trial({ breakHub: stuck, takesNothing: false, spool: SMALL, batches: 500 }),
    ),
  ]
  if (!mayMount()) return rows
  for (const overflow of form === 'short' ? ['block'] : ['block', 'drop-oldest']) {
    const method = `the hub’s data on a tmpfs of 96 MiB, filled to the last byte; overflow: ${overflow}`
    rows.push(
      await row('full hub', method, runs, () =>
        onSmallDisk((data) =>
          trial({ breakHub: fill, takesNothing: overflow === 'block', spool: `${LARGE}, overflow: ${overflow}`, data }),
        ),
      ),
    )
  }
  return rows
}

async function row(fault: string, method: string, runs: number, once: () => Promise<Trial>): Promise<Row> {
  const trials: Trial[] = []
  for (let i = 0; i < runs; i++) trials.push(await once())
  const most = (pick: (trial: Trial) => number) => Math.max(...trials.map(pick))
  const [alarm, confirms, catchUp] = [most((t) => t.alarmMs), most((t) => t.falseConfirms), most((t) => t.catchUpMs)]
  const faults = trials.map(({ verdict }) => undeclared(verdict)).filter((text) => text !== '')
  const kept = Math.min(...trials.map((t) => t.kept))
  const gaps = most((t) => t.verdict.inGaps)
  return {
    ...{ fault, method, runs },
    target:
      'nothing confirmed meanwhile, alarm ≤ 1 s, the edge goes on collecting and catches up ≤ 45 s, lost 0 or declared, stored twice 0',
    figure: `confirmed meanwhile ${confirms}; alarm after ${alarm.toFixed(0)} ms; ${kept} batches kept by the edge, at the hub ${(catchUp / 1000).toFixed(1)} s after; ${faults.join('; ') || 'lost 0, twice 0'}${gaps ? `, ${gaps} samples in declared gaps` : ''}`,
    met: confirms === 0 && alarm <= ALARM_MS && kept > 0 && catchUp <= CATCH_UP_MS && faults.length === 0,
  }
}

/** What the hub lost and did not declare is a fault, and so is the reverse. */
function undeclared(verdict: Verdict): string {
  return verdict.inGaps === verdict.lost ? faultsOf({ ...verdict, lost: 0 }) : `${faultsOf(verdict)}, in gaps ${verdict.inGaps}`
}

async function trial({ breakHub, takesNothing, spool, data, batches = 0 }: Injury): Promise<Trial> {
  const members: readonly Member[] = [
    { name: 'hub', role: 'hub', spool, ...(data && { data }) },
    { name: 'edge', role: 'edge', to: 'hub', device: 'batch: 200, period: 5' },
  ]
  return withGateway(members, async (gateway) => {
    const hub = await gateway.start('hub', { serve: true })
    const edge = await gateway.start('edge')
    try {
      await confirmed(edge)
      await until('the hub is well', LIMIT_MS, async () => (await statusOf(hub)) === 'ok')
      const told = await injured(gateway, hub, edge, { breakHub, takesNothing, spool, batches })
      await edge.stop()
      await hub.stop()
      await gateway.settle()
      return { ...told, verdict: await gateway.verdict('edge') }
    } finally {
      await killAll(hub, edge)
    }
  })
}

async function injured(gateway: Gateway, hub: NodeProcess, edge: NodeProcess, { breakHub, takesNothing, batches = 0 }: Injury) {
  const bad = await breakHub(hub, { folder: gateway.folder, data: gateway.data('hub') })
  await until('an alarm', LIMIT_MS, async () => bad.since() !== undefined && (await statusOf(hub)) !== 'ok')
  const alarmMs = Date.now() - (bad.since() as number)
  const acknowledged = edge.acknowledged()
  const sequence = async () => (await edge.report()).uplink?.confirmedSequence ?? 0
  const before = await sequence()
  await systemClock.sleep(BAD_MS)
  await until('enough', LIMIT_MS, () => edge.isOver() || edge.acknowledged() > acknowledged + batches)
  const falseConfirms = takesNothing ? (await sequence()) - before : 0
  const kept = edge.acknowledged() - acknowledged
  await bad.end()
  const healed = performance.now()
  await confirmed(edge)
  await until('the hub is well again', LIMIT_MS, async () => (await statusOf(hub)) === 'ok')
  return { alarmMs, falseConfirms, kept, catchUpMs: performance.now() - healed }
}

/** The hub has all that the edge has just now. */
async function confirmed(edge: NodeProcess): Promise<void> {
  await until('acknowledgements', LIMIT_MS, () => edge.isOver() || edge.acknowledged() > 10)
  const { lastSequence } = await edge.report()
  await until('confirmations', LIMIT_MS, async () => ((await edge.report()).uplink?.confirmedSequence ?? 0) >= lastSequence)
}
