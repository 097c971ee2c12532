import { silent } from '../../core/log.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { SignalTable } from '../../core/signals.ts'
import { systemClock } from '../../core/time.ts'
import { defineSignals, numbered } from './harness.ts'
import { openSpool } from './open.ts'

/**
 * The process that `kill.test.ts` kills: appends numbered batches, several at a time, and prints `sequence number` for each one acknowledged.
 * Arguments: directory, number of the first batch.
 */
const [directory = '', first = '0'] = process.argv.slice(2)
const signals = new SignalTable()
const { spool } = await openSpool({
  ...{ directory, node: 'edge-1', signals, reasons: new ReasonSets(), clock: systemClock, log: silent },
  ...{ config: { version: 'v1', loadedTime: 0 }, maxBytes: 2 ** 28, maxAgeMs: 86_400_000, overflow: 'block', segmentBytes: 2 ** 18 },
})
defineSignals(signals, 2)
let next = Number(first)
await Promise.all(
  Array.from({ length: 8 }, async () => {
    for (;;) {
      const number = next++
      const record = await spool.append(numbered(number, 1 + (number % 500)))
      // Written in one call, so that the line is whole or absent when the process dies.
      process.stdout.write(`${record.sequence} ${number}\n`)
    }
  }),
)
