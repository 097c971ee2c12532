import { writeSync } from 'node:fs'
import { silent } from '../../core/log.ts'
import { HOUR, MINUTE, systemClock } from '../../core/time.ts'
import { Recorder } from '../contract-records.ts'
import { openHistorian } from './historian.ts'

/**
 * A process for tests to kill: goes on where the historian stands, writes records that follow from their sequence alone, and says each sequence on
 * stdout once it is committed. Compacts now and then. Sample `i` of record `s` is at minute `s * 100 + i` after `EPOCH` with the value `s`.
 */
export const EPOCH = Date.parse('2026-01-01T00:00:00Z') * 1000
export const ROWS = 100

const [, script, directory] = process.argv
if (directory && script && import.meta.filename === script) {
  const limits = { samplesPerCount: 1 }
  const historian = await openHistorian({ directory, memoryLimitBytes: 256 * 1024 * 1024, clock: systemClock, log: silent, limits })
  const recorder = new Recorder('child', 1)
  recorder.sequence = (await historian.checkpoints())[0]?.sequence ?? 0
  if (recorder.sequence === 0) await historian.write([recorder.signals([0, { id: 'k/x' }])])
  writeSync(1, `${recorder.sequence}\n`)
  let compaction: Promise<unknown> = Promise.resolve()
  for (;;) {
    const records = Array.from({ length: 1 + (recorder.sequence % 7) }, () => {
      const s = recorder.sequence + 1
      return recorder.batch(...Array.from({ length: ROWS }, (_, i) => ({ signal: 0, time: EPOCH + (s * ROWS + i) * MINUTE, value: s })))
    })
    await historian.write(records)
    writeSync(1, `${recorder.sequence}\n`)
    if (recorder.sequence % 5 === 0) {
      await compaction
      compaction = historian.compact(EPOCH + recorder.sequence * ROWS * MINUTE + 24 * HOUR)
    }
  }
}
