import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silent } from '../../core/log.ts'
import { systemClock } from '../../core/time.ts'
import { openHistorian } from './historian.ts'
import { HistorianInUse } from './lock.ts'

const open = (directory: string) => openHistorian({ directory, memoryLimitBytes: 64 * 1024 * 1024, clock: systemClock, log: silent })

async function temporary(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-lock-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

test('the same directory is refused twice in one process, by whatever path, and free again after closing', async (t) => {
  const directory = await temporary(t)
  const other = `${directory}-link`
  await symlink(directory, other)
  t.after(() => rm(other))
  const [a, b] = await Promise.allSettled([open(directory), open(directory)])
  assert.ok(a.status === 'fulfilled' && b.status === 'rejected')
  assert.ok(b.reason instanceof HistorianInUse && /already open in this process/.test(b.reason.message), String(b.reason))
  await assert.rejects(open(other), HistorianInUse)
  await a.value.close()
  await a.value.close()
  await assert.rejects(a.value.checkpoints(), /closed/)
  await (await open(directory)).close()
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.includes('lock')),
    [],
  )
})

test('a second process is refused; what a killed one left behind is taken over', async (t) => {
  const directory = await temporary(t)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'write-child.ts'), directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  await assert.rejects(open(directory), (error: Error) => error instanceof HistorianInUse && error.message.includes(`process ${child.pid}`))
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.ok((await readFile(join(directory, 'historian.lock'), 'utf8')).includes(`${child.pid}`))
  await (await open(directory)).close()
})

test('a lock of a process that had our number before us, or half written, is stale', async (t) => {
  const directory = await temporary(t)
  for (const content of [JSON.stringify({ pid: process.pid, started: 'another boot:1', instance: 'x' }), '{"pid": 1', '', 'null']) {
    await writeFile(join(directory, 'historian.lock'), content)
    await (await open(directory)).close()
  }
})

test('a directory that cannot be opened is refused with its cause, and the lock is given back', async (t) => {
  const directory = await temporary(t)
  await writeFile(join(directory, 'historian.duckdb'), 'this is not a database'.repeat(1000))
  await assert.rejects(open(directory), /not a valid DuckDB database/)
  await rm(join(directory, 'historian.duckdb'))
  await (await open(directory)).close()
})
