import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cases } from '../src/lib/thorough.fixture.ts'
import { oneLife } from './one-life.ts'
import { runScript, verdictsOf, writeJudging } from './verdicts-run.ts'

/** SIGKILL under load at random moments: every stored verdict, with its reasons, is the one of a run that nobody killed. */

const LIVES = cases(4, 40)
/** Seconds of the script: of most of them in the short form, and of all of them in the long one, a life that is killed tells some. */
const TOTAL = process.env.ECLUSE_LONG === '1' ? 20_000 : 2_500

async function toTheEnd(file: string): Promise<{ verdicts: Record<string, string[]>; first: number }> {
  const { node, first, done } = await runScript(file, TOTAL)
  try {
    await done
    return { verdicts: await verdictsOf(node.view), first }
  } finally {
    await node.stop()
  }
}

test(`killed ${LIVES} times while it judges: every verdict is that of a run without a kill`, { timeout: 280_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-kill-verdicts-'))
  const whole = mkdtempSync(join(tmpdir(), 'ecluse-whole-verdicts-'))
  t.after(() => {
    for (const one of [directory, whole]) rmSync(one, { recursive: true, force: true })
  })
  const file = writeJudging(directory)
  for (let life = 0; life < LIVES; life++) await oneLife('verdicts-child.ts', [file, String(TOTAL)], 50 + Math.random() * 600)
  const killed = await toTheEnd(file)
  const { verdicts } = await toTheEnd(writeJudging(whole))
  t.diagnostic(`${killed.first} of ${TOTAL} seconds in lives that were killed; ${Object.values(verdicts).flat().length} verdicts`)
  assert.ok(killed.first > LIVES, `only ${killed.first} seconds were heard before the last life`)
  const reasons = new Set(Object.values(verdicts).flatMap((rows) => rows.flatMap((row) => row.split(' ')[3]?.split(',') ?? [])))
  t.diagnostic([...reasons].sort().join(' '))
  for (const [name, expected] of Object.entries(verdicts)) {
    const found = killed.verdicts[name] ?? []
    const at = Array.from({ length: Math.max(found.length, expected.length) }, (_, i) => i).find((i) => found[i] !== expected[i])
    // The first difference, with what was before it: all of them are too many to be read.
    if (at !== undefined) assert.deepEqual(found.slice(at - 3, at + 4), expected.slice(at - 3, at + 4), `${name} from verdict ${at} on`)
  }
})
