import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { silent } from '../../core/log.ts'
import { DAY, MINUTE, systemClock } from '../../core/time.ts'
import { openHistorian } from './historian.ts'
import { EPOCH, ROWS } from './write-child.ts'

const KILLS = Number(process.env.ECLUSE_KILLS ?? 3)

test(`killed ${KILLS} times while writing and compacting: everything acknowledged is there, once`, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-kill-'))
  t.after(() => rm(directory, { recursive: true }))
  let acknowledged = 0
  for (let kill = 0; kill < KILLS; kill++)
    acknowledged = Math.max(acknowledged, await writeAndKill(directory, 3 + Math.floor(Math.random() * 40)))

  const historian = await openHistorian({ directory, memoryLimitBytes: 256 * 1024 * 1024, clock: systemClock, log: silent })
  t.after(() => historian.close())
  const sequence = (await historian.checkpoints())[0]?.sequence ?? 0
  assert.ok(sequence >= acknowledged, `${acknowledged} was acknowledged, the checkpoint is ${sequence}`)
  const { time, value, count } = await historian.samples({ signal: 'k/x', from: 0, to: Number.MAX_SAFE_INTEGER, limit: 5_000_000 })
  assert.equal(count, (sequence - 1) * ROWS)
  for (let i = 0; i < count; i++) {
    const at = 2 * ROWS + i
    if (time[i] !== EPOCH + at * MINUTE || value[i] !== Math.floor(at / ROWS)) assert.fail(`sample ${i} is ${time[i]} ${value[i]}`)
  }
  const { rows } = await historian.sql('SELECT count(*) FROM gaps', { maxRows: 1, timeoutMs: 5000 })
  assert.deepEqual(rows, [[0]])
  const stats = await historian.stats()
  assert.equal(stats.samples, count)
  const files = await readdir(join(directory, 'cold'))
  assert.ok(files.every((name) => name.endsWith('.parquet') || files.includes(name.replace(/\.counts$/, ''))))
  const { rows: tallied } = await historian.tally({ signals: ['k/x'], from: EPOCH, to: EPOCH + 1000 * DAY, limit: 9 })
  assert.deepEqual(
    tallied.map(({ samples }) => samples),
    [count],
  )
})

/** Lets a child write until it has acknowledged a number of commits, then kills it. Returns the last sequence it acknowledged. */
async function writeAndKill(directory: string, commits: number): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'write-child.ts'), directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let last = 0
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    if (++lines === commits) child.kill('SIGKILL')
  }
  await ended
  assert.ok(lines >= commits, 'the child ended by itself')
  return last
}
