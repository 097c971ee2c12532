import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'

/** One line of the table: what was measured, over several runs. */
export interface Figure {
  readonly what: string
  readonly unit: string
  /** One value per run; the median is shown. */
  readonly runs: readonly number[]
  /** What was asked for, as text: `≥ 3,000,000`. */
  readonly aim?: string
  readonly note?: string
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** The value below which the share `p` (0..1) of the values lies. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN
}

export function machine(): string {
  const [cpu] = cpus()
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`
}

/** Runs `work` `runs` times and keeps what it returns. */
export async function repeat<T>(runs: number, work: (run: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let run = 0; run < runs; run++) results.push(await work(run))
  return results
}

export function table(title: string, figures: readonly Figure[]): string {
  const rows = figures.map(({ what, unit, runs, aim = '', note = '' }) => {
    const spread = runs.length > 1 ? `${show(Math.min(...runs))} – ${show(Math.max(...runs))} (${runs.length})` : '1 run'
    return `| ${what} | **${show(median(runs))}** ${unit} | ${spread} | ${aim} | ${note} |`
  })
  return [`### ${title}`, '', '| what | median | range (runs) | aim | how |', '|---|---|---|---|---|', ...rows, ''].join('\n')
}

function show(value: number): string {
  if (!Number.isFinite(value)) return 'n/a'
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

/** The path of a program, or undefined when the machine does not have it. */
export function program(name: string): string | undefined {
  try {
    return execFileSync('/bin/sh', ['-c', `PATH="$PATH:/usr/sbin" command -v ${name}`], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}

/** User and system seconds this process has used. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** One run: time on the clock, and on the processors: a busy machine leaves only the second one comparable. */
export interface Run {
  readonly ms: number
  readonly cpuSeconds: number
}

export async function clocked(work: () => Promise<unknown>): Promise<Run> {
  const [cpu, begin] = [cpuSeconds(), performance.now()]
  await work()
  return { ms: performance.now() - begin, cpuSeconds: cpuSeconds() - cpu }
}

export const figureOf = (what: string, runs: readonly Run[], note: string): Figure => ({
  ...{ what, unit: 'ms', runs: runs.map(({ ms }) => ms) },
  note: `${median(runs.map((run) => run.cpuSeconds)).toPrecision(3)} s of CPU; ${note}`,
})

/** User and system seconds of another process so far (Linux). */
export function cpuSecondsOf(pid: number): number {
  try {
    const stat = execFileSync('cat', [`/proc/${pid}/stat`], { encoding: 'utf8' })
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return Number.NaN
  }
}

/** Resident memory of a process in MB (Linux). */
export function residentMb(pid: number): number {
  const status = execFileSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8' })
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024
}

/** Megabytes of a process where what it shares with others counts in parts: the files of Node and of the engine are mapped by every process that uses them. */
export function shareMb(pid: number): number {
  const rollup = execFileSync('cat', [`/proc/${pid}/smaps_rollup`], { encoding: 'utf8' })
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? Number.NaN) / 1024
}

/** Runs a program of the machine and returns what it prints. Throws when it is missing or fails. */
export function runProgram(name: string, ...args: string[]): string {
  return execFileSync(program(name) ?? name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}
