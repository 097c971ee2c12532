import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { batchesOf, numberOf, readAll, start, temporaryDirectory } from './harness.ts'
import { verifySpool } from './verify.ts'

const KILLS = Number(process.env.ECLUSE_KILLS ?? 5)

/** Runs the child until it has acknowledged `enough` batches, kills it, and gives what it acknowledged: number by sequence. */
async function appendUntilKilled(directory: string, first: number, enough: number): Promise<Map<number, number>> {
  const script = fileURLToPath(new URL('./kill-child.ts', import.meta.url))
  const child = spawn(process.execPath, [script, directory, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const acknowledged = new Map<number, number>()
  const closed = once(child, 'close')
  for await (const line of createInterface({ input: child.stdout })) {
    const [sequence, number] = line.split(' ').map(Number)
    if (sequence === undefined || number === undefined || Number.isNaN(number)) continue
    acknowledged.set(sequence, number)
    if (acknowledged.size === enough) child.kill('SIGKILL')
  }
  const [, signal] = (await closed) as [number | null, string | null]
  assert.equal(signal, 'SIGKILL', 'the child ended by our hand, not by an error')
  return acknowledged
}

test(`kill -9 at ${KILLS} random moments: every acknowledged batch is there once, as it was`, async (t) => {
  const directory = await temporaryDirectory(t)
  const acknowledged = new Map<number, number>()
  let first = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const enough = 1 + Math.floor(Math.random() * 2000)
    for (const [sequence, number] of await appendUntilKilled(directory, first, enough)) {
      assert.equal(acknowledged.has(sequence), false, `sequence ${sequence} was given out twice`)
      acknowledged.set(sequence, number)
      first = Math.max(first, number + 100)
    }
    const { spool } = await start(directory, { maxBytes: 2 ** 28 })
    const found = new Map<number, number>()
    for (const record of batchesOf(await readAll(spool))) found.set(record.sequence, numberOf(record))
    for (const [sequence, number] of acknowledged) assert.equal(found.get(sequence), number, `batch ${number} at ${sequence}`)
    assert.equal(new Set(found.values()).size, found.size, 'no batch is there twice')
    assert.equal(spool.stats().corruptRecords, 0)
    await spool.close()
    assert.equal((await verifySpool(directory)).firstBad, undefined)
  }
  assert.ok(acknowledged.size >= KILLS)
})
