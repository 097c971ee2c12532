import { createInterface } from 'node:readline/promises'
import type { Language } from '../config/index.ts'

/** What a verb may touch of the world around the process; tests pass their own. */
export interface Io {
  /** Results. */
  out(text: string): void
  /** Everything for people beside the results: notes, errors, logs. */
  err(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  /** True when a person can answer a question. */
  readonly interactive: boolean
  readonly colour: { readonly out: boolean; readonly err: boolean }
  ask(question: string): Promise<string>
  /** Aborted by Ctrl-C or a request to end; from the first call on, the process no longer ends by itself on these. */
  stopSignal(): AbortSignal
}

export function processIo(): Io {
  const { env, stdin, stdout, stderr } = process
  const plain = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb'
  // Node would open a port for debuggers, from which anything here can be done.
  process.on('SIGUSR1', () => {})
  // `ecluse watch | head`: the reader has what it wanted.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  let stopping: AbortController | undefined
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    env,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    colour: { out: stdout.isTTY === true && !plain, err: stderr.isTTY === true && !plain },
    ask: async (question) => {
      const lines = createInterface({ input: stdin, output: stderr })
      try {
        return await lines.question(question)
      } finally {
        lines.close()
      }
    },
    stopSignal: () => {
      stopping ??= abortOnSignals()
      return stopping.signal
    },
  }
}

/** The first signal asks to end; a second one ends at once, for a person who will not wait. */
function abortOnSignals(): AbortController {
  const stopping = new AbortController()
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143)
    stopping.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  return stopping
}

/** `--lang` where given, else the environment's language, else English. */
export function languageOf(args: readonly string[], env: Io['env']): Language {
  const at = args.findIndex((arg) => arg === '--lang' || arg.startsWith('--lang='))
  const asked = at < 0 ? undefined : args[at]?.includes('=') ? args[at]?.slice('--lang='.length) : args[at + 1]
  const wanted = asked ?? (env.LC_ALL || env.LC_MESSAGES || env.LANG || '')
  return /^fr/i.test(wanted) ? 'fr' : 'en'
}
