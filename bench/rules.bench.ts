import { BatchBuilder, type SampleBatch } from '../src/core/batch.ts'
import { ReasonSets } from '../src/core/reasons.ts'
import { SignalTable } from '../src/core/signals.ts'
import { MINUTE, SECOND } from '../src/core/time.ts'
import { Qualify } from '../src/qualify/index.ts'
import { walk } from './data.ts'
import { cpuSeconds, type Figure, repeat } from './report.ts'

/** Judging alone: batches in memory, every signal with ten rules and more, nothing stored. */
export const title = 'Rules: ten and more per signal, columns in memory'

const RUNS = Number(process.env.ECLUSE_RUNS ?? 5)
/** Two seconds of work: over the first three passes of twenty the engine's other threads still work on what was set up, and their CPU counts. */
const SAMPLES = 40_000_000
/** At most; never more than 20 readings a signal, so that none is late. */
const PER_BATCH = 100_000
const T0 = Date.UTC(2026, 10, 1) * 1000

export async function measure(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const signals of [1_000, 100_000]) {
    const before = process.memoryUsage().rss
    const runs = await repeat(RUNS, async () => once(signals))
    const note = `${SAMPLES.toLocaleString('en')} samples, ${PER_BATCH.toLocaleString('en')} a batch at most; per second of CPU of the process`
    figures.push({
      what: `${signals.toLocaleString('en')} signals`,
      unit: 'samples/s',
      runs: runs.map((r) => r.rate),
      aim: '≥ 20,000,000',
      note,
    })
    figures.push({
      what: `${signals.toLocaleString('en')} signals: memory of the rules, as saved`,
      unit: 'MB',
      runs: runs.map((r) => r.memoryMb),
      note: `the process grew by ${Math.round((process.memoryUsage().rss - before) / 1e6)} MB over all runs, batches included`,
    })
    figures.push({
      what: `${signals.toLocaleString('en')} signals: their declarations taken in, once`,
      unit: 's of CPU',
      runs: runs.map((r) => r.declared),
    })
    figures.push({ what: `${signals.toLocaleString('en')} signals: readings marked`, unit: '%', runs: runs.map((r) => r.marked) })
  }
  return figures
}

function once(count: number): { rate: number; declared: number; memoryMb: number; marked: number } {
  const signals = new SignalTable()
  const reasons = new ReasonSets()
  for (let i = 0; i < count; i++) {
    signals.define({
      ...({ id: `s${i}`, connection: 'c', address: 'a', dataType: 'number' } as const),
      ...{ range: [-1000, 1000], instrumentRange: [-2000, 2000], maxRatePerSecond: 5, resolution: 0.01, flatLineUs: 60 * MINUTE },
      ...{ spike: { threshold: 8, minimum: 0.5 }, expectedPeriodUs: 2 * SECOND, staleAfterUs: MINUTE, acceptLateUs: 60 * MINUTE },
      ...{ calibratedUntil: T0 * 2 },
    })
  }
  const qualify = new Qualify(signals, reasons)
  const start = cpuSeconds()
  qualify.judge(new BatchBuilder(1).build(T0))
  const declared = cpuSeconds() - start
  const perBatch = Math.min(PER_BATCH, 20 * count)
  const batches = make(count, perBatch)
  let judged = 0
  let marked = 0
  let spent = 0
  for (let pass = 0; judged < SAMPLES; pass++) {
    for (const batch of batches) {
      // Every pass goes on in time, from clean verdicts.
      for (let i = 0; i < batch.count; i++)
        batch.sourceTime[i] = (batch.sourceTime[i] as number) + (pass === 0 ? 0 : batches.length * (perBatch / count) * SECOND)
      batch.status.fill(0)
      batch.reasons.fill(0)
      const received = { ...batch, receivedTime: (batch.sourceTime[batch.count - 1] as number) + SECOND }
      const begin = cpuSeconds()
      qualify.judge(received)
      spent += cpuSeconds() - begin
      judged += batch.count
      for (let i = 0; i < batch.count; i++) if (batch.reasons[i] !== 0) marked++
    }
  }
  return { rate: judged / spent, declared, memoryMb: qualify.save().length / 1e6, marked: (100 * marked) / judged }
}

function make(count: number, perBatch: number): SampleBatch[] {
  const ticks = walk(count)
  const batches = Math.max(4, Math.ceil((20 * count) / perBatch))
  let values = ticks.next().value
  let at = 0
  let tick = 0
  return Array.from({ length: batches }, () => {
    const builder = new BatchBuilder(perBatch)
    while (builder.count < perBatch) {
      builder.push(at, T0 + tick * SECOND, values[at] as number, 0)
      if (++at < count) continue
      at = 0
      tick++
      values = ticks.next().value
    }
    return builder.build(0)
  })
}
