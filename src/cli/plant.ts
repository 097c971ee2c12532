import { type ChildProcess, fork } from 'node:child_process'
import type { Home } from './home.ts'
import type { Io } from './io.ts'

/** The simulated airport, running as a child process that cannot outlive this one. */
export interface Plant {
  /** What the plant said of itself when it was ready. */
  readonly endpoints: unknown
  /** Resolves with the reason when the plant ends before it was asked to. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 3_000
const LINE_LENGTH = 1024 * 1024

/**
 * Starts `examples/airport/plant` and waits for its endpoints: an IPC message, or one line of JSON on its standard output. Rejects with the reason
 * when it ends or says nothing in time. The child is given `tether` first: it ends when the channel to this process closes, however that happens.
 */
export async function startPlant(home: Home, io: Io, args: readonly string[], stop: AbortSignal): Promise<Plant> {
  const child = fork(home.module('examples/airport/plant'), [...args], {
    execArgv: ['--import', home.module('src/cli/tether').href],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Its own process group: Ctrl-C is for this process, which stores what was read before it lets the plant go.
    detached: process.platform !== 'win32',
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => io.err(text))
  let asked = false
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => {
      if (!asked) resolve(signal ?? `exit ${code}`)
    })
  })
  const end = async () => {
    asked = true
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    const hard = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await gone
    clearTimeout(hard)
  }
  const decided = new AbortController()
  try {
    const endpoints = await Promise.race([
      firstWord(child, AbortSignal.any([stop, decided.signal])),
      ended.then((why) => Promise.reject(new Error(why))),
    ])
    return { endpoints, ended, stop: end }
  } catch (error) {
    await end()
    throw error
  } finally {
    decided.abort()
  }
}

/** The first message, or the first line of standard output that is a JSON object. */
function firstWord(child: ChildProcess, stop: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      clearTimeout(timer)
      stop.removeEventListener('abort', onStop)
      finish()
    }
    const timer = setTimeout(() => settle(() => reject(new Error(`no word within ${READY_TIMEOUT_MS / 1000} s`))), READY_TIMEOUT_MS)
    const onStop = () => settle(() => reject(stop.reason))
    stop.addEventListener('abort', onStop, { once: true })
    child.once('message', (message) => settle(() => resolve(message)))
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      const lines = (text + part).split('\n')
      text = (lines.pop() ?? '').slice(-LINE_LENGTH)
      const word = lines.map(parseObject).find((found) => found !== undefined)
      if (word) settle(() => resolve(word))
    })
  })
}

function parseObject(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as object
  } catch {
    // Some other line of the plant.
    return undefined
  }
}
