import { until } from '../bench/node.ts'
import { configure, judge, startNodeProcess, withBench } from './node.ts'
import { faultsOf } from './oracle.ts'
import { progressOf } from './progress.ts'
import { type Form, ofLong, type Row } from './row.ts'
import { killAt } from './strace.ts'

/** kill -9 of a whole node at each system call by which it changes files, and at random moments. What it acknowledged is looked for in the historian. */
export const title = 'kill -9 of a whole node'
export const beside = 'one'
export const needs = ['strace']

/** The historian's engine writes with pwrite64; the rules' memory and the identity are renamed into place. */
const CALLS = ['fdatasync', 'pwrite64', 'fsync', 'pwritev', 'rename', 'unlink']
const READY_LIMIT_MS = 5_000
/** Under a tracer, and beside other work, a start may take long; one that never comes is a fault. */
const LIMIT_MS = 120_000
/** A directory is used for so many lives: renames and first writes happen in a fresh one only. */
const LIVES = 6

export async function run(form: Form): Promise<Row[]> {
  return [form === 'short' ? await kill(4, 2) : await kill(ofLong(150), ofLong(150))]
}

async function kill(calls: number, random: number): Promise<Row> {
  const kills = calls + random
  const readyMs: number[] = []
  const faults: string[] = []
  const progress = progressOf('kills of a whole node', kills)
  let acknowledged = 0
  for (let done = 0; done < kills; ) {
    await withBench(async (bench) => {
      for (let life = 0; life < LIVES && done < kills; life++, done++) {
        progress(done)
        const nth = 1 + ((done * 7) % 90)
        const under = done < calls ? killAt(CALLS[done % CALLS.length] as string, nth) : []
        const node = startNodeProcess(await configure(bench), bench, { under })
        await until('an acknowledgement or death', LIMIT_MS, () => node.isOver() || node.acknowledged() > 0)
        // How long a start takes is told by those that no tracer slows down.
        if (!node.isOver() && done >= calls) readyMs.push(performance.now() - node.startedMs)
        const enough = 10 + Math.random() * 150
        await until('enough or death', LIMIT_MS, () => node.isOver() || node.acknowledged() >= enough)
        await node.kill()
        if ((await node.ended) !== 'SIGKILL') throw new Error(`the node ended by itself with ${await node.ended}: ${node.errors()}`)
      }
      const verdict = await judge(bench)
      acknowledged += verdict.acknowledged
      if (faultsOf(verdict)) faults.push(faultsOf(verdict))
    })
  }
  const slowest = Math.max(0, ...readyMs)
  const median = readyMs.sort((a, b) => a - b)[Math.floor(readyMs.length / 2)] ?? 0
  return {
    fault: 'kill -9 of a whole node under load',
    method: `strace: SIGKILL at the nth ${CALLS.join(', ')} (${calls}); random moments (${random})`,
    runs: kills,
    target: 'acknowledged lost 0, twice 0, ready ≤ 5 s',
    figure: `${faults.join('; ') || 'lost 0, twice 0'} of ${acknowledged.toLocaleString('en')} samples; ready after ${(median / 1000).toFixed(1)} s (median), ${(slowest / 1000).toFixed(1)} s at most`,
    met: faults.length === 0 && slowest <= READY_LIMIT_MS && acknowledged > 0,
  }
}
