import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { until } from '../bench/node.ts'
import { tool } from './row.ts'

const QUIET = ['-f', '-qq', '-e', 'signal=none']

/** What to put before a command so that it dies by SIGKILL on entering the system call `call` for the `nth` time in one of its threads. */
export function killAt(call: string, nth: number): string[] {
  return [
    tool('strace'),
    ...QUIET,
    '--seccomp-bpf',
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:signal=SIGKILL:when=${nth}`,
  ]
}

/** System calls of a running process that fail until `end`. */
export interface Failing {
  /** When the first one failed, milliseconds since 1970. */
  since(): number | undefined
  end(): Promise<void>
}

/** Makes system calls of a process, on one file where a path is given, fail with `error` from now on. Resolves when strace is attached. */
export async function failCalls(pid: number, calls: readonly string[], error: string, log: string, path?: string): Promise<Failing> {
  const filters = ['-e', `trace=${calls.join(',')}`, '-e', `inject=${calls.join(',')}:error=${error}`]
  const child: ChildProcess = spawn(
    tool('strace'),
    ['-f', '-e', 'signal=none', '-ttt', '-o', log, ...filters, ...(path ? ['-P', path] : []), '-p', String(pid)],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await until('strace attached', 10_000, () => {
    if (child.exitCode !== null) throw new Error(`strace: ${said}`)
    return /attached/.test(said)
  })
  return {
    since: () => firstInjected(log),
    end: async () => {
      child.kill('SIGINT') // it lets the process go
      await ended
    },
  }
}

function firstInjected(log: string): number | undefined {
  if (!existsSync(log) || statSync(log).size === 0) return undefined
  const found = /^\d+\s+(\d+\.\d+) .*\(INJECTED\)/m.exec(readFileSync(log, 'utf8'))
  return found ? Number(found[1]) * 1000 : undefined
}
