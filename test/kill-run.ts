import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSums } from '../faults/ledger.ts'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'
import { countingConnector } from './counting-source.ts'

export interface KillReport {
  readonly kills: number
  readonly acknowledged: number
  readonly lost: number
  readonly twice: number
  /** Sums of the ledger that do not close, in words. */
  readonly unclosed: readonly string[]
  /** Milliseconds from the start of each process to a node that collects. */
  readonly readyMs: readonly number[]
}

/** Each life of the node counts in a range of its own, so that no number is ever sent twice by the device. */
const RANGE = 1e9

/**
 * Runs a node under load, kills it with SIGKILL `kills` times at moments drawn by `random`, then starts it once more in this process and compares
 * the historian with the device's own journal of acknowledgements.
 */
export async function killRun(kills: number, random: () => number): Promise<KillReport> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-kill-'))
  try {
    const journal: { first: number; last: number }[] = []
    const readyMs: number[] = []
    for (let life = 0; life < kills; life++) {
      const { last, ready } = await oneLife(configFile(directory, life * RANGE), 50 + random() * 700)
      journal.push({ first: life * RANGE, last })
      readyMs.push(ready)
    }
    const { lost, twice, unclosed } = await compare(configFile(directory, kills * RANGE), journal)
    const acknowledged = journal.reduce((sum, { first, last }) => sum + Math.max(0, last - first + 1), 0)
    return { kills, acknowledged, lost, twice, unclosed, readyMs }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

export function configFile(directory: string, first: number): string {
  const file = join(directory, 'ecluse.yaml')
  const historian = '{ commitInterval: 50ms, commitRows: 5000 }'
  const spool = '{ segmentBytes: 1MiB, maxBytes: 1GiB }'
  writeFileSync(
    file,
    `version: 1\nsite: { id: t }\nspool: ${spool}\nhistorian: ${historian}\nconnections:\n  counter: { kind: counting, first: ${first} }\n`,
  )
  return file
}

/** One process until it is killed, `aliveMs` after its first acknowledgement. */
function oneLife(file: string, aliveMs: number): Promise<{ last: number; ready: number }> {
  const begin = performance.now()
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kill-child.ts'), file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let errors = ''
  let ready = Number.NaN
  let acked = false
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    if (acked || !out.includes('ack ')) return
    acked = true
    ready = performance.now() - begin
    setTimeout(() => child.kill('SIGKILL'), aliveMs)
  })
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(`the node ended by itself with ${code}: ${errors}`))
      const numbers = out.match(/^ack \d+$/gm) ?? []
      resolve({ last: Number(numbers.at(-1)?.slice(4)), ready })
    })
  })
}

/** Lets the node recover, then reads every number the historian holds. */
export async function compare(
  file: string,
  journal: readonly { first: number; last: number }[],
): Promise<Pick<KillReport, 'lost' | 'twice' | 'unclosed'>> {
  const connector = countingConnector(() => undefined)
  const loaded = await loadConfig(file, { connectors: [connector as Connector], env: {} })
  const node = await startNode({ ...loaded, connections: [] }, { clock: systemClock, log: silent, random: Math.random, version: 'test' })
  try {
    while (node.view.historianLag().records > 0) await systemClock.sleep(20)
    const times = new Map<number, number>()
    for (let i = 0; i < 10; i++) {
      const limit = 10_000_000
      const { value, truncated } = await node.view.historian.samples({ signal: `t/count/${i}`, from: 0, to: 9e15, limit })
      if (truncated) throw new Error(`more than ${limit} samples of one signal`)
      for (const number of value) if (!Number.isNaN(number)) times.set(number, (times.get(number) ?? 0) + 1)
    }
    let lost = 0
    for (const { first, last } of journal) for (let number = first; number <= last; number++) if (!times.has(number)) lost++
    const twice = [...times.values()].filter((count) => count > 1).length
    return { lost, twice, unclosed: await openSums(node.view) }
  } finally {
    await node.stop()
  }
}
