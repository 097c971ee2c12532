import { writeSync } from 'node:fs'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'
import { loadComputing } from './computing.ts'

/** A whole node that computes, until it is killed; it says when its first result is durable. */
const [file] = process.argv.slice(2) as [string]
const node = await startNode(await loadComputing(file), { clock: systemClock, log: silent, random: Math.random, version: 'test' })
node.view.subscribe(({ signal, count }) => {
  for (let i = 0; i < count; i++)
    if (node.view.signals.at(signal[i] as number)?.connection === 'computed') {
      writeSync(1, 'computed\n')
      return
    }
})
