import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import { LastValues } from '../core/last-values.ts'
import { ManualClock } from '../core/manual-clock.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import { Status } from '../core/status.ts'
import { StuckLog } from './stuck-log.ts'

const START = 1_800_000_000_000_000

function rig() {
  const clock = new ManualClock(START)
  const [signals, reasons, last] = [new SignalTable(), new ReasonSets(), new LastValues()]
  for (const id of ['t/flow', 't/mode', 't/broken', 'edge/other'])
    signals.define({ id, connection: 'plc', address: id, dataType: id === 't/mode' ? 'text' : 'number' })
  const say = (signal: number, value: number, status = 0, text?: string) => {
    const builder = new BatchBuilder()
    const row = builder.push(signal, clock.now(), value, status, status === 0 ? 0 : reasons.of('range@3'))
    if (text !== undefined) builder.setText(row, text)
    last.update(builder.build(clock.now()), signals.size)
  }
  say(0, 7)
  say(1, Number.NaN, 0, 'on')
  say(2, Number.NaN, Status.Bad)
  say(3, 9)
  const published: SampleBatch[] = []
  const log = { problem: undefined as string | undefined }
  const stuck = new StuckLog({
    ...{ signals, reasons, last, clock, silence: { uncertainAfter: 10_000, badAfter: 60_000 } },
    spool: { stats: () => log as never },
    isOwn: (index) => index !== 3,
    publish: (batch) => published.push(batch),
  })
  const after = async (ms: number) => {
    await clock.advance(ms)
    stuck.tick()
  }
  const shown = (signal: number) => [last.value[signal], last.status[signal], reasons.names(last.reasons[signal] as number)]
  return { log, last, published, after, shown, say }
}

test('while the log takes nothing, what this node measures turns Uncertain, then Bad, and is put back', async () => {
  const { log, last, published, after, shown } = rig()
  const before = [0, 1, 2, 3].map(shown)
  await after(20_000)
  log.problem = 'ENOSPC'
  await after(0)
  await after(9_000)
  assert.deepEqual([0, 1, 2, 3].map(shown), before)
  await after(1_000)
  assert.deepEqual(shown(0), [7, Status.UncertainLastUsableValue, ['log-stuck']])
  assert.equal(last.text.get(1), 'on')
  assert.deepEqual([2, 3].map(shown), before.slice(2), 'what is Bad stays what it was, and another node’s is not ours')
  await after(50_000)
  assert.deepEqual(shown(0), [Number.NaN, Status.BadNoCommunication, ['log-stuck']])
  log.problem = undefined
  await after(1_000)
  assert.deepEqual([0, 1, 2, 3].map(shown), before)
  assert.equal(last.text.get(1), 'on')
  assert.equal(last.sourceTime[0], START, 'with the time at which it was measured')
  assert.deepEqual(
    published.map(({ count }) => count),
    [2, 2, 2],
  )
})

test('what came when the log took again is not put back to what was before; a short trouble covers nothing', async () => {
  const { log, published, after, shown, say } = rig()
  log.problem = 'EIO'
  await after(0)
  await after(5_000)
  log.problem = undefined
  await after(1_000)
  log.problem = 'EIO'
  await after(1_000)
  await after(9_000)
  assert.equal(published.length, 0)
  await after(1_000)
  say(0, 8)
  log.problem = undefined
  await after(1_000)
  assert.deepEqual(shown(0), [8, 0, []])
  assert.deepEqual(
    published.map(({ count }) => count),
    [2, 1],
  )
})
