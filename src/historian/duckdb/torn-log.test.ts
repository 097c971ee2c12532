import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silent } from '../../core/log.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { SECOND, systemClock } from '../../core/time.ts'
import { Recorder } from '../contract-records.ts'
import { openHistorian } from './historian.ts'

const open = (directory: string) => openHistorian({ directory, memoryLimitBytes: 2 ** 27, clock: systemClock, log: silent })
const FILE = 'historian.duckdb'
const WRITES = 8

/** A historian's files as they are while it is open, with so many committed writes in its log, and the records. */
async function unclosed(directory: string): Promise<SpoolRecord[]> {
  const recorder = new Recorder()
  const records = [recorder.signals([0, { id: 'a/x' }])]
  const historian = await open(join(directory, 'live'))
  await historian.write(records)
  for (let n = 0; n < WRITES; n++) {
    const record = recorder.batch(...Array.from({ length: 50 }, (_, i) => ({ signal: 0, time: (n * 50 + i) * SECOND, value: n })))
    records.push(record)
    await historian.write([record])
  }
  for (const name of [FILE, `${FILE}.wal`]) await copyFile(join(directory, 'live', name), join(directory, name))
  await historian.close()
  return records
}

/** What a power cut may leave of the end of a log. */
const TORN: Record<string, (wal: Buffer) => Buffer> = {
  'zeros behind the last commit': (wal) => Buffer.concat([wal, Buffer.alloc(4096)]),
  'a block of zeros in the last commit': (wal) => Buffer.from(wal).fill(0, wal.length - 700, wal.length - 200),
  'old bytes in the last commit': (wal) => {
    wal.copy(wal, wal.length - 600, 100, 500)
    return wal
  },
  'a missing end': (wal) => wal.subarray(0, wal.length - 300),
}

test('a log whose end was not written whole is cut there; what was committed before is kept, and what is written again is there once', async (t) => {
  const made = await mkdtemp(join(tmpdir(), 'ecluse-torn-'))
  t.after(() => rm(made, { recursive: true }))
  const records = await unclosed(made)
  const wal = await readFile(join(made, `${FILE}.wal`))
  for (const [name, tear] of Object.entries(TORN)) {
    const directory = join(made, name.replaceAll(' ', '-'))
    await mkdir(directory)
    await copyFile(join(made, FILE), join(directory, FILE))
    await writeFile(join(directory, `${FILE}.wal`), tear(Buffer.from(wal)))
    const historian = await open(directory)
    const sequence = (await historian.checkpoints())[0]?.sequence ?? 0
    assert.ok(sequence >= records.length - 1, `${name}: the log is kept up to ${sequence} of ${records.length}`)
    await historian.write(records)
    const { count } = await historian.samples({ signal: 'a/x', from: 0, to: 1e15, limit: 10_000 })
    assert.equal(count, WRITES * 50, name)
    await historian.close()
    if (name !== 'a missing end') assert.ok((await stat(join(directory, `${FILE}.wal.torn`))).size > 0, name)
  }
})
