import { formatProblems } from '../config/index.ts'
import { ConfigurationError, NotConnected } from '../core/errors.ts'
import { saidIn } from '../core/peer-faults.ts'
import { systemClock } from '../core/time.ts'
import { EXIT, Refused, type Verb } from './context.ts'
import { findHome } from './home.ts'
import { type Io, languageOf, processIo } from './io.ts'
import { paint } from './output.ts'
import { parse } from './program.ts'
import { words } from './words.ts'

/** Runs one verb; resolves with the exit code: 0 done, 1 failed, 78 configuration refused. `parts` replaces the world in tests. */
export async function runCli(args: readonly string[], parts: { io?: Io; connectors?: Verb['connectors'] } = {}): Promise<number> {
  const io = parts.io ?? processIo()
  const language = languageOf(args, io.env)
  const verb: Verb = {
    io,
    language,
    words: words[language],
    home: findHome(),
    clock: systemClock,
    connectors: parts.connectors ?? (async () => (await import('../connectors/index.ts')).connectors),
  }
  try {
    return await parse(verb, args)
  } catch (error) {
    return report(verb, error, args)
  }
}

/** Says what went wrong, where, and what to do. Only a bug shows a stack, and only when asked. */
function report(verb: Verb, error: unknown, args: readonly string[]): number {
  const { io } = verb
  const { bad } = paint(io.colour.err)
  const say = (message: string, hint?: string) => io.err(`${bad('✗')} ${message}\n${hint ? `  ${verb.words.hint} ${hint}\n` : ''}`)
  if (error instanceof ConfigurationError) {
    io.err(`${formatProblems(error.problems, verb.words.hint)}\n`)
    return EXIT.config
  }
  if (error instanceof Refused || error instanceof NotConnected) {
    say(...(error instanceof NotConnected ? saidIn(verb.language, error) : ([error.message, error.hint] as const)))
    return EXIT.failed
  }
  if (io.stopSignal().aborted) return EXIT.failed
  say(verb.words.unexpected(error instanceof Error ? error.message : String(error)), verb.words.unexpectedHint)
  if (args.includes('debug') && error instanceof Error) io.err(`${error.stack}\n`)
  return EXIT.failed
}
