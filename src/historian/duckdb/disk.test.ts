import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { type Logger, silent } from '../../core/log.ts'
import { DAY, systemClock } from '../../core/time.ts'
import { Recorder } from '../contract-records.ts'
import { openHistorian } from './historian.ts'

async function temporary(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-disk-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0

test('no room: the write is refused, what was stored is read, and the same records are stored once when there is room', {
  skip: !hasPrlimit && 'no prlimit here',
}, async (t) => {
  const directory = await temporary(t)
  const child = join(import.meta.dirname, 'full-child.ts')
  // Files of the child may not exceed 2 MiB; the signal that comes with it is ignored, as a full disk sends none.
  const args = ['-c', `trap '' XFSZ; exec prlimit --fsize=2097152:unlimited "$0" "$1" "$2"`, process.execPath, child, directory]
  const running = spawn('sh', args, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => running.kill('SIGKILL'))
  const ended = once(running, 'exit')
  const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]()
  const line = async () => JSON.parse((await lines.next()).value ?? '{}')

  const full = await line()
  assert.match(full.message, /File too large|write|IO/i)
  assert.match(full.problem, /^write: /)
  assert.ok(full.stored > 0 && full.still === full.stored, JSON.stringify(full))
  assert.match((await line()).again, /Error/)

  execFileSync('prlimit', ['--fsize=unlimited', '--pid', String(running.pid)])
  running.stdin.write('go on\n')
  const done = await line()
  assert.deepEqual([done.samples, done.problem], [done.expected, null])
  assert.deepEqual(await ended, [0, null])
})

test('what a crash left in the folder of cold files is swept, and a missing file is stated', async (t) => {
  const directory = await temporary(t)
  const errors: string[] = []
  const log: Logger = { ...silent, error: (_, message) => errors.push(message) }
  const open = () => openHistorian({ directory, memoryLimitBytes: 128 * 1024 * 1024, clock: systemClock, log })
  const cold = join(directory, 'cold')
  const recorder = new Recorder()
  let historian = await open()
  await historian.write([recorder.signals([0, { id: 'a/x' }])])
  await historian.write([recorder.batch({ signal: 0, time: DAY, value: 1 }, { signal: 0, time: 2 * DAY, value: 2 })])
  await historian.compact(30 * DAY)
  const files = (await readdir(cold)).sort()
  assert.equal(files.length, 2)
  await historian.close()
  await writeFile(join(cold, '1970-01-02.deadbeef.0.parquet'), 'never catalogued')
  await writeFile(join(cold, '1970-01-03.deadbeef.0.parquet.part'), 'half')
  historian = await open()
  assert.deepEqual((await readdir(cold)).sort(), files)
  assert.deepEqual(errors, [])
  await historian.close()
  const lost = join(cold, files[0] ?? '')
  await rename(lost, `${directory}/aside`)
  historian = await open()
  assert.match(errors[0] ?? '', /missing/)
  assert.match((await historian.stats()).problem ?? '', /missing/)
  assert.deepEqual([...(await historian.samples({ signal: 'a/x', from: 0, to: 9 * DAY, limit: 9 })).value], [2])
  await historian.close()
  await rename(`${directory}/aside`, lost)
  historian = await open()
  assert.deepEqual([...(await historian.samples({ signal: 'a/x', from: 0, to: 9 * DAY, limit: 9 })).value], [1, 2])
  await historian.close()
})

test('a day with more samples than a file may hold becomes several files, whatever their times are stored as', async (t) => {
  const directory = await temporary(t)
  const historian = await openHistorian({
    directory,
    memoryLimitBytes: 128 * 1024 * 1024,
    clock: systemClock,
    log: silent,
    limits: { fileRows: 250 },
  })
  t.after(() => historian.close())
  const recorder = new Recorder()
  const ids = Array.from({ length: 5 }, (_, i) => `m/${i}`)
  await historian.write([recorder.signals(...ids.map((id, i): [number, { id: string }] => [i, { id }]))])
  // Odd signals have times between milliseconds.
  const rows = ids.flatMap((_, signal) =>
    Array.from({ length: 100 }, (_, i) => ({ signal, time: DAY + i * 1000 + (signal % 2), value: i })),
  )
  await historian.write([recorder.batch(...rows)])
  assert.equal((await historian.compact(30 * DAY)).samples, 500)
  const files = await readdir(join(directory, 'cold'))
  assert.deepEqual([files.length, files.filter((name) => name.endsWith('.ms.parquet')).length], [3, 1])
  for (const [signal, id] of ids.entries()) {
    const { time } = await historian.samples({ signal: id, from: 0, to: 9 * DAY, limit: 1000 })
    assert.deepEqual(
      [...time],
      Array.from({ length: 100 }, (_, i) => DAY + i * 1000 + (signal % 2)),
    )
  }
  const { rows: counted } = await historian.sql('SELECT count(*), min(epoch_us(time)), max(epoch_us(time)) FROM samples', {
    maxRows: 1,
    timeoutMs: 5000,
  })
  assert.deepEqual(counted, [[500, DAY, DAY + 99_001]])
})

test('closing does not wait for a compaction, and loses nothing', async (t) => {
  const directory = await temporary(t)
  const open = () => openHistorian({ directory, memoryLimitBytes: 256 * 1024 * 1024, clock: systemClock, log: silent })
  const recorder = new Recorder()
  let historian = await open()
  t.after(() => historian.close())
  await historian.write([recorder.signals([0, { id: 'a/x' }])])
  for (let part = 0; part < 20; part++) {
    const rows = Array.from({ length: 10_000 }, (_, i) => ({ signal: 0, time: DAY + part * 10_000 + i, value: Math.sin(i) }))
    await historian.write([recorder.batch(...rows)])
  }
  const compaction = historian.compact(30 * DAY).then(
    () => 'done',
    () => 'stopped',
  )
  await historian.close()
  assert.ok(['done', 'stopped'].includes(await compaction))
  historian = await open()
  assert.equal((await historian.stats()).samples, 200_000)
  assert.equal((await historian.compact(30 * DAY)).days + (await historian.compact(30 * DAY)).days <= 1, true)
  assert.equal((await historian.stats()).samples, 200_000)
})

test('a database of another layout is refused and left as it is', async (t) => {
  const directory = await temporary(t)
  const instance = await DuckDBInstance.create(join(directory, 'historian.duckdb'))
  const connection = await instance.connect()
  await connection.run('CREATE SCHEMA store')
  await connection.run('CREATE TABLE store.samples (text VARCHAR)')
  connection.closeSync()
  instance.closeSync()
  const open = () => openHistorian({ directory, memoryLimitBytes: 128 * 1024 * 1024, clock: systemClock, log: silent })
  await assert.rejects(open(), /layout 1, this program reads layout 3/)
  await assert.rejects(open(), /layout 1, this program reads layout 3/)
})
