import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { verifySpool } from '../src/gateway/spool/verify.ts'
import { type Bench, configure, judge, type NodeProcess, startNodeProcess, withBench } from './node.ts'
import { faultsOf } from './oracle.ts'
import type { Form, Row } from './row.ts'

/** The machine's clock jumps under a writing node, and is wrong when it starts. Offsets only: a faked rate would stretch the waits of the event loop too. */
export const title = 'Clock jumps'
export const needs = ['faketime']

/** In the words of libfaketime; the second of each pair is what the source's times must show, in days from now. */
const JUMPS: readonly (readonly [string, number])[] = [
  ['+1d', 1],
  ['-1d', -1],
  ['+10y', 3_650],
  ['-56y', -20_440],
  ['+0', 0],
]
const LIMIT_MS = 30_000
const DAY_MS = 86_400_000
const BATCHES = 20

export async function run(form: Form): Promise<Row[]> {
  const rounds = form === 'short' ? 1 : 20
  const library = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0]
  if (!library) throw new Error('libfaketimeMT.so.1 is not where Debian puts it')
  const faults: string[] = []
  let acknowledged = 0
  for (let round = 0; round < rounds; round++) {
    await withBench(async (bench) => {
      const offset = join(bench.folder, 'offset')
      const env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: offset, FAKETIME_CACHE_DURATION: '1', DONT_FAKE_MONOTONIC: '1' }
      // Killed in the far future, started again in 1970, killed there, and started when the clock is right again.
      for (const jumps of [JUMPS.slice(0, 3), JUMPS.slice(3, 4), JUMPS.slice(3)]) await life(bench, env, offset, jumps)
      const verdict = await judge(bench)
      const bad = (await verifySpool(join(bench.data, 'spool'))).firstBad
      acknowledged += verdict.acknowledged
      if (bad) faults.push(`spool: ${bad.cause}`)
      if (faultsOf(verdict)) faults.push(faultsOf(verdict))
    })
  }
  return [
    {
      fault: 'clock jumps',
      method: `libfaketime: ${JUMPS.map(([text]) => text).join(', ')} while the node writes; killed at +10 y, started in 1970, killed, started, set right`,
      runs: rounds * JUMPS.length,
      target: 'lost 0, sequence errors 0, twice 0',
      figure: `${faults.join('; ') || 'lost 0, out of order 0, twice 0'} of ${acknowledged.toLocaleString('en')} samples`,
      met: faults.length === 0 && acknowledged > 0,
    },
  ]
}

async function life(bench: Bench, env: Record<string, string>, offset: string, jumps: typeof JUMPS): Promise<void> {
  writeFileSync(offset, jumps[0]?.[0] as string)
  const node = startNodeProcess(await configure(bench, { device: 'batch: 20, period: 5' }), bench, { env })
  try {
    for (const [text, days] of jumps) {
      writeFileSync(offset, text)
      await until(
        `samples of ${text}`,
        LIMIT_MS,
        () => node.isOver() || Math.abs(lastSaid(bench) - Date.now() - days * DAY_MS) < 0.4 * DAY_MS,
      )
      await until('acknowledgements', LIMIT_MS, more(node))
      if (node.isOver()) throw new Error(`the node ended at ${text}: ${node.errors()}`)
    }
  } finally {
    await node.kill()
  }
}

function more(node: NodeProcess): () => boolean {
  const enough = node.acknowledged() + BATCHES
  return () => node.isOver() || node.acknowledged() > enough
}

/** Time of the last sample in the journal, milliseconds since 1970. */
function lastSaid({ journal }: Bench): number {
  const text = existsSync(journal) ? readFileSync(journal, 'utf8') : ''
  const at = text.lastIndexOf('\nsaid,', text.length - 2)
  return at < 0 ? 0 : Number(text.slice(at + 1, text.indexOf('\n', at + 1)).split(',')[4]) / 1000
}
