import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { batchesOf, numberOf, readAll, start } from '../src/gateway/spool/harness.ts'
import { verifySpool } from '../src/gateway/spool/verify.ts'
import { killUnder, withBench } from './node.ts'
import { progressOf } from './progress.ts'
import { type Form, ofLong, type Row } from './row.ts'
import { killAt } from './strace.ts'

/** kill -9 at each system call by which the spool changes files, the `n`th of each in turn. After every death the directory is opened again and everything acknowledged so far is looked for. */
export const title = 'kill -9 of the spool'
export const beside = 'one'
export const needs = ['strace']

const SPOOL_CALLS = ['pwritev', 'fdatasync', 'fsync', 'rename', 'unlink', 'ftruncate']
/** A call that does not come so often: then the process is killed where it is. */
const ENOUGH_BATCHES = 300
/** A directory is used for so many lives: renames and first writes happen in a fresh one only. */
const LIVES = 6

export async function run(form: Form): Promise<Row[]> {
  return [await spoolKills(form === 'short' ? 14 : ofLong(700))]
}

async function spoolKills(kills: number): Promise<Row> {
  const seen = { acknowledged: 0, lost: 0, twice: 0, bad: 0, byCall: 0 }
  const progress = progressOf('kills of the spool', kills)
  for (let done = 0; done < kills; ) {
    await withBench(async ({ data }) => {
      const acknowledged = new Map<number, number>()
      let first = 0
      for (let life = 0; life < LIVES && done < kills; life++, done++) {
        progress(done)
        const call = SPOOL_CALLS[done % SPOOL_CALLS.length] as string
        const nth = 1 + (Math.floor(done / SPOOL_CALLS.length) % 60)
        const { told, byCall } = await spoolLife(data, first, killAt(call, nth))
        for (const [sequence, number] of told) acknowledged.set(sequence, number)
        seen.byCall += byCall ? 1 : 0
        first += 100_000
        const found = await spoolContents(data)
        for (const [sequence, number] of acknowledged) if (found.get(sequence) !== number) seen.lost++
        seen.twice += found.size - new Set(found.values()).size
        seen.bad += (await verifySpool(data)).firstBad ? 1 : 0
      }
      seen.acknowledged += acknowledged.size
    })
  }
  return {
    fault: 'kill -9 of the spool',
    method: `strace: SIGKILL at the nth ${SPOOL_CALLS.join(', ')}; ${seen.byCall} died at the call, the rest after ${ENOUGH_BATCHES} batches`,
    runs: kills,
    target: 'acknowledged lost 0, twice 0, chain whole',
    figure: `lost ${seen.lost}, twice ${seen.twice}, broken ${seen.bad} of ${seen.acknowledged.toLocaleString('en')} batches`,
    met: seen.lost + seen.twice + seen.bad === 0 && seen.acknowledged > 0,
  }
}

/** One process that appends until it dies; what it acknowledged, number by sequence. */
async function spoolLife(data: string, first: number, under: readonly string[]) {
  const [command = '', ...args] = [...under, process.execPath, join(import.meta.dirname, '../src/gateway/spool/kill-child.ts')]
  const child = spawn(command, [...args, data, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const told = new Map<number, number>()
  let isEnough = false
  for await (const text of createInterface({ input: child.stdout })) {
    const [sequence, number] = text.split(' ').map(Number)
    if (sequence !== undefined && number !== undefined && !Number.isNaN(number)) told.set(sequence, number)
    // strace passes on what ends it: without its tracer the process would live on, so it is made to die first.
    if (told.size >= ENOUGH_BATCHES && !isEnough) {
      isEnough = true
      killUnder(child)
    }
  }
  const [code, signal] = (await closed) as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error(`the spool's process ended with ${code ?? signal}`)
  return { told, byCall: !isEnough }
}

async function spoolContents(data: string): Promise<Map<number, number>> {
  const { spool } = await start(data, { maxBytes: 2 ** 28 })
  const found = new Map<number, number>()
  for (const record of batchesOf(await readAll(spool))) found.set(record.sequence, numberOf(record))
  await spool.close()
  return found
}
