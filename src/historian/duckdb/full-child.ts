import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { silent } from '../../core/log.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { SECOND, systemClock } from '../../core/time.ts'
import { Recorder } from '../contract-records.ts'
import { openHistorian } from './historian.ts'

/** A process for tests whose files may not grow: writes until it is refused, says why, and tries the same records again after a line on stdin. */
const [, script, directory] = process.argv
if (directory && script && import.meta.filename === script) {
  const historian = await openHistorian({ directory, memoryLimitBytes: 256 * 1024 * 1024, clock: systemClock, log: silent })
  const recorder = new Recorder('child', 1)
  await historian.write([recorder.signals([0, { id: 'f/x' }])])
  let waiting: SpoolRecord[] = []
  let stored = 0
  const rows = 20_000
  const next = () => [
    recorder.batch(...Array.from({ length: rows }, (_, i) => ({ signal: 0, time: (stored + i) * SECOND, value: Math.random() }))),
  ]
  try {
    for (;;) {
      waiting = next()
      await historian.write(waiting)
      stored += rows
    }
  } catch (cause) {
    const still = await historian.samples({ signal: 'f/x', from: 0, to: 1e15, limit: 5_000_000 })
    const { problem } = await historian.stats()
    writeSync(1, `${JSON.stringify({ message: String(cause), problem, stored, still: still.count })}\n`)
  }
  await historian.write(waiting).catch((cause: unknown) => writeSync(1, `${JSON.stringify({ again: String(cause) })}\n`))
  await once(process.stdin, 'data')
  await historian.write(waiting)
  await historian.write(waiting)
  const { samples, problem } = await historian.stats()
  writeSync(1, `${JSON.stringify({ samples, problem: problem ?? null, expected: stored + rows })}\n`)
  await historian.close()
  process.exit(0)
}
