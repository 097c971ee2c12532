import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { numbered, start, temporaryDirectory } from './harness.ts'
import { lockDirectory } from './lock.ts'

test('a directory is opened once at a time, in this process too', async (t) => {
  const directory = await temporaryDirectory(t)
  const { spool } = await start(directory)
  await assert.rejects(start(directory), { name: 'SpoolLocked' })
  await spool.append(numbered(1))
  await spool.close()
  await (await start(directory)).spool.close()
})

test('another living process is respected, a killed one is not', async (t) => {
  const directory = await temporaryDirectory(t)
  const script = fileURLToPath(new URL('./kill-child.ts', import.meta.url))
  const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  await assert.rejects(start(directory), { name: 'SpoolLocked', message: new RegExp(`process ${child.pid} `) })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await start(directory, { maxBytes: 2 ** 28 })).spool.close()
})

test('a lock cut by a power failure, or of a process id used again since, is taken over', async (t) => {
  const directory = await temporaryDirectory(t)
  for (const stale of ['', '{"pid":', JSON.stringify({ pid: process.pid, started: 'another boot/1' })]) {
    await writeFile(join(directory, 'lock'), stale)
    const unlock = await lockDirectory(directory)
    await unlock()
    assert.deepEqual(await readdir(directory), [])
  }
})

test('of many that try at once, one wins', async (t) => {
  const directory = await temporaryDirectory(t)
  await writeFile(join(directory, 'lock'), '')
  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(directory)))
  assert.equal(tries.filter((one) => one.status === 'fulfilled').length, 1)
})
