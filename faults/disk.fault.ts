import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { systemClock } from '../src/core/time.ts'
import { type Break, fill, onSmallDisk } from './full-disk.ts'
import { acknowledgements, configure, judge, startNodeProcess, statusOf, withBench } from './node.ts'
import { faultsOf, type Verdict } from './oracle.ts'
import { type Form, mayMount, type Row } from './row.ts'
import { failCalls } from './strace.ts'

/** A disk that cannot sync, or has no room: by errors injected into a running node's system calls, and by a file system that is really full. */
export const title = 'Disk errors and a full disk'
export const beside = 'one'
export const needs = ['strace']

const SYNC = ['fdatasync', 'fsync']
const LIMIT_MS = 30_000
const ALARM_MS = 1_000
const RECOVERY_MS = 10_000
/** How long the disk stays bad, once it is said to be. */
const BAD_MS = 1_500
/** Of 400 samples; a spool of 1 MiB holds about 180 of them. */
const OVERFLOW_BATCHES = 400

/** What one trial shows; times in milliseconds. */
interface Trial {
  readonly alarmMs: number
  /** Acknowledgements while the disk could not take anything. */
  readonly falseAcks: number
  readonly recoveryMs: number
  readonly verdict: Verdict
}

export async function run(form: Form): Promise<Row[]> {
  const runs = form === 'short' ? 1 : 20
  const inject =
    (calls: readonly string[], error: string): Break =>
    (node, bench) =>
      failCalls(node.pid(), calls, error, join(bench.folder, `strace-${Date.now()}`))
  const rows = [
    await row('fsync fails', 'strace: EIO from every fdatasync and fsync of a running node', runs, () => trial(inject(SYNC, 'EIO'), {})),
    await row('no room left', 'strace: ENOSPC from every write to a file', runs, () =>
      trial(inject(['pwritev', 'pwrite64'], 'ENOSPC'), {}),
    ),
  ]
  // Long only, because it is not met yet: see docs/faults.md.
  if (form === 'long') rows.push(await overflowing(runs))
  if (!mayMount()) return rows
  for (const overflow of form === 'short' ? ['block'] : ['block', 'drop-oldest']) {
    const method = `a tmpfs of 96 MiB filled to the last byte; overflow: ${overflow}`
    rows.push(await row('full disk', method, runs, () => onSmallDisk((data) => trial(fill, { data, overflow }))))
  }
  return rows
}

async function row(fault: string, method: string, runs: number, once: () => Promise<Trial>): Promise<Row> {
  const trials: Trial[] = []
  for (let i = 0; i < runs; i++) trials.push(await once())
  const most = (pick: (trial: Trial) => number) => Math.max(...trials.map(pick))
  const alarm = most((t) => t.alarmMs)
  const recovery = most((t) => t.recoveryMs)
  const falseAcks = most((t) => t.falseAcks)
  const faults = trials.map(({ verdict }) => undeclared(verdict)).filter((text) => text !== '')
  const gaps = most((t) => t.verdict.inGaps)
  return {
    ...{ fault, method, runs },
    target: 'no acknowledgement meanwhile, alarm ≤ 1 s, no crash, gaps exact, recovery ≤ 10 s',
    figure: `acknowledged meanwhile ${falseAcks}; alarm after ${alarm.toFixed(0)} ms; collecting again after ${recovery.toFixed(0)} ms; ${faults.join('; ') || 'lost 0, twice 0'}${gaps ? `, ${gaps} samples in declared gaps` : ''}`,
    met: falseAcks === 0 && alarm <= ALARM_MS && recovery <= RECOVERY_MS && faults.length === 0,
  }
}

/** The historian cannot write for so long that the spool has to drop data: every sample that is gone is in a declared gap, and the reverse. */
async function overflowing(runs: number): Promise<Row> {
  const verdicts: Verdict[] = []
  for (let i = 0; i < runs; i++) {
    const verdict = await withBench(async (bench) => {
      const spool = 'segmentBytes: 64KiB, maxBytes: 1MiB, overflow: drop-oldest'
      const node = startNodeProcess(await configure(bench, { spool, device: 'batch: 400' }), bench)
      try {
        await until('a node that collects', LIMIT_MS, () => node.isOver() || node.acknowledged() > 20)
        const wal = join(bench.data, 'historian', 'historian.duckdb.wal')
        const bad = await failCalls(node.pid(), ['write', 'pwrite64'], 'ENOSPC', join(bench.folder, 'strace'), wal)
        const enough = node.acknowledged() + OVERFLOW_BATCHES
        await until('more than the spool holds', LIMIT_MS, () => node.isOver() || node.acknowledged() > enough)
        await bad.end()
        // The historian would still get from memory what the spool had to drop.
        await node.kill()
      } finally {
        await node.kill()
      }
      return judge(bench)
    })
    verdicts.push(verdict)
  }
  const dropped = verdicts.reduce((sum, { lost }) => sum + lost, 0)
  const faults = verdicts.map(undeclared).filter((text) => text !== '')
  return {
    fault: 'the historian has no room and the spool overflows',
    method: 'strace: ENOSPC from every write to the historian’s log; a spool of 1 MiB, overflow: drop-oldest; then kill -9',
    runs,
    target: 'every dropped sample in a declared gap, and no other',
    figure: `${dropped.toLocaleString('en')} dropped; ${faults.join('; ') || 'all declared'}`,
    met: faults.length === 0 && dropped > 0,
  }
}

/** What was lost and not declared, or declared and not lost, is a fault; so is everything else the oracle finds. */
function undeclared(verdict: Verdict): string {
  return verdict.inGaps === verdict.lost ? faultsOf({ ...verdict, lost: 0 }) : `${faultsOf(verdict)}, in gaps ${verdict.inGaps}`
}

async function trial(breakDisk: Break, { data, overflow = 'block' }: { data?: string; overflow?: string }): Promise<Trial> {
  return withBench(async (bare) => {
    const bench = { ...bare, ...(data && { data }) }
    const spool = `segmentBytes: 128KiB, maxBytes: 64MiB, overflow: ${overflow}`
    const node = startNodeProcess(await configure(bench, { spool }), bench, { serve: true })
    try {
      await until('a node that collects', LIMIT_MS, () => node.isOver() || (node.url() !== undefined && node.acknowledged() > 20))
      const bad = await breakDisk(node, bench)
      const failing = async () => (await statusOf(node)) === 'failing'
      await until('an alarm', LIMIT_MS, async () => bad.since() !== undefined && (await failing()))
      const since = bad.since() as number
      const alarmMs = Date.now() - since
      // What was under way when the disk turned bad may still arrive; what comes after the alarm may not.
      const alarmAt = Date.now()
      await systemClock.sleep(BAD_MS)
      const endedAt = Date.now()
      // Where the oldest data may be dropped there is room again, and what is acknowledged then is on the disk.
      const meanwhile = acknowledgements(bench.journal).filter(([, , ms]) => ms > alarmAt && ms < endedAt).length
      const falseAcks = overflow === 'block' ? meanwhile : 0
      await bad.end()
      const before = node.acknowledged()
      const healed = performance.now()
      await until('collection goes on', LIMIT_MS, async () => node.acknowledged() > before + 10 && (await statusOf(node)) === 'ok')
      const recoveryMs = performance.now() - healed
      if (node.isOver()) throw new Error(`the node ended: ${node.errors()}`)
      await node.stop()
      return { alarmMs, falseAcks, recoveryMs, verdict: await judge(bench) }
    } finally {
      await node.kill()
    }
  })
}
