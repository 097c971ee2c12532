import { type ChildProcess, spawn } from 'node:child_process'
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { until } from '../bench/node.ts'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'
import { countingDevice } from './counter.ts'
import { Journal } from './journal.ts'
import { openSums } from './ledger.ts'
import type { Report } from './node-report.ts'
import { compare, type Verdict } from './oracle.ts'

const LIMIT_MS = 60_000

/** Where one run of a fault keeps its things; the journal never on the disk under test. */
export interface Bench {
  readonly folder: string
  /** The node's data; somewhere else where the disk is what fails. */
  readonly data: string
  readonly journal: string
}

/** Gives `work` a folder of its own and removes it. */
export async function withBench<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-fault-'))
  try {
    return await work({ folder, data: join(folder, 'data'), journal: join(folder, 'journal') })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Writes the configuration of a node that collects from the counting device, which goes on where its journal ends. */
export async function configure(bench: Bench, options: { spool?: string; device?: string; connections?: string } = {}): Promise<string> {
  const { spool = 'segmentBytes: 1MiB, maxBytes: 1GiB', device = '', connections } = options
  const counter = `  counter: { kind: counting, first: ${await firstFree(bench.journal)}${device && `, ${device}`} }`
  const file = join(bench.folder, 'ecluse.yaml')
  const historian = '{ commitInterval: 50ms, commitRows: 5000 }'
  const text = `version: 1\nsite: { id: t }\ndata: ${bench.data}\nspool: { ${spool} }\nhistorian: ${historian}\nconnections:\n${connections ?? counter}\n`
  writeFileSync(file, text)
  return file
}

/** The first number that a device with this journal has not said yet. */
export async function firstFree(journal: string): Promise<number> {
  if (!existsSync(journal)) return 0
  let highest = -1
  const start = Math.max(0, statSync(journal).size - 1_000_000)
  for await (const text of createInterface({ input: createReadStream(journal, { start }) })) {
    const [kind, , sequence] = text.split(',')
    if (kind === 'said' && Number(sequence) > highest) highest = Number(sequence)
  }
  return highest + 1
}

/** Acknowledgements in a journal: `[first, last, milliseconds]`. */
export function acknowledgements(journal: string): [number, number, number][] {
  if (!existsSync(journal)) return []
  const lines = readFileSync(journal, 'utf8').match(/^acknowledged,.*$/gm) ?? []
  return lines.map((text) => text.split(',').slice(1).map(Number) as [number, number, number])
}

export interface NodeProcess {
  readonly child: ChildProcess
  readonly startedMs: number
  /** Of the node itself, even where it runs under another program. */
  pid(): number
  url(): string | undefined
  /** How many batches this process has had acknowledged. */
  acknowledged(): number
  readonly ended: Promise<string | number | null>
  isOver(): boolean
  errors(): string
  /** What the node says of itself just now; `measure`: with the heap as it is after a collection. */
  report(order?: 'report' | 'measure'): Promise<Report>
  /** Asks it to stop, and waits. */
  stop(): Promise<void>
  kill(): Promise<void>
}

export interface StartOptions {
  /** A program that it runs under, with its arguments. */
  readonly under?: readonly string[]
  readonly env?: Record<string, string>
  /** With its HTTP surface and its other connectors, which take time to load. */
  readonly serve?: boolean
}

/** Starts a node, under another program where one is given. */
export function startNodeProcess(
  file: string,
  bench: Pick<Bench, 'journal'>,
  { under = [], env = {}, serve = false }: StartOptions = {},
): NodeProcess {
  const [command = '', ...args] = [
    ...under,
    process.execPath,
    join(import.meta.dirname, 'node-child.ts'),
    file,
    bench.journal,
    ...(serve ? ['serve'] : []),
  ]
  const before = existsSync(bench.journal) ? statSync(bench.journal).size : 0
  const startedMs = performance.now()
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  let out = ''
  let errors = ''
  let over = false
  child.stdin?.on('error', () => undefined) // it may be gone
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = new Promise<string | number | null>((resolve) => {
    child.on('close', (code, signal) => {
      over = true
      resolve(signal ?? code)
    })
  })
  const pid = () => (under.length === 0 ? (child.pid as number) : childOf(child.pid as number))
  return {
    ...{ child, startedMs, pid, ended },
    url: () => /^url (.+)$/m.exec(out)?.[1],
    acknowledged: counter(bench.journal, before),
    isOver: () => over,
    errors: () => errors,
    report: async (order = 'report') => {
      const reports = () => out.match(/^report .+$/gm) ?? []
      const before = reports().length
      child.stdin?.write(`${order}\n`)
      await until('a report', LIMIT_MS, () => over || reports().length > before)
      if (over) throw new Error(`the node ended: ${errors}`)
      return JSON.parse((reports().at(-1) as string).slice('report '.length)) as Report
    },
    stop: async () => {
      child.stdin?.write('stop\n')
      const how = await ended
      if (how !== 0) throw new Error(`the node ended with ${how}: ${errors}`)
    },
    kill: async () => {
      if (!over) killUnder(child, pid)
      await ended
    },
  }
}

/** The status that a node served over HTTP says; what an orchestrator sees. */
export async function statusOf(node: NodeProcess): Promise<string> {
  await until('its address', LIMIT_MS, () => node.isOver() || node.url() !== undefined)
  const answer = await fetch(`${node.url()}/api/v1/health/live`)
  return ((await answer.json()) as { status: string }).status
}

/** Counts acknowledgements behind a place of the journal; what was read once is not read again. */
function counter(journal: string, from: number): () => number {
  let at = from
  let found = 0
  return () => {
    if (!existsSync(journal)) return 0
    const size = statSync(journal).size
    if (size <= at) return found
    const bytes = Buffer.alloc(size - at)
    const file = openSync(journal, 'r')
    readSync(file, bytes, 0, bytes.length, at)
    closeSync(file)
    // A line that is still being written is read again.
    const end = bytes.lastIndexOf('\n') + 1
    for (let next = bytes.indexOf('acknowledged,'); next >= 0 && next < end; next = bytes.indexOf('acknowledged,', next + 1)) found++
    at += end
    return found
  }
}

/** Kills the process that another program started for us; itself where there is none any more. */
export function killUnder(child: ChildProcess, pid = () => childOf(child.pid as number)): void {
  try {
    process.kill(pid(), 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

function childOf(pid: number): number {
  const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return Number(first)
}

/** Lets a node recover in this process and bring everything to the historian, then asks the oracle. */
export async function judge(bench: Bench): Promise<Verdict> {
  const unclosed = await recover(bench)
  return { ...(await compare(bench.journal, join(bench.data, 'historian'), 't/')), unclosed }
}

/** One start of the node without its device, until the historian has all that the spool holds. Says which sums of its ledger do not close. */
async function recover(bench: Bench): Promise<string[]> {
  const journal = new Journal(join(bench.folder, 'unused'))
  const loaded = await loadConfig(join(bench.folder, 'ecluse.yaml'), { connectors: [countingDevice(journal) as Connector], env: {} })
  const node = await startNode({ ...loaded, connections: [] }, { clock: systemClock, log: silent, random: Math.random, version: 'faults' })
  try {
    await until('everything in the historian', LIMIT_MS, () => node.view.historianLag().records === 0)
    return await openSums(node.view)
  } finally {
    await node.stop()
    journal.close()
  }
}
