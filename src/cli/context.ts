import type { Language } from '../config/index.ts'
import type { Connector } from '../core/connector.ts'
import type { Logger } from '../core/log.ts'
import type { Clock } from '../core/time.ts'
import type { Home } from './home.ts'
import type { Io } from './io.ts'
import { createLog, LEVELS, type Level } from './log.ts'
import type { Format } from './output.ts'
import type { Words } from './words.ts'

/** Options that every verb has. */
export interface CommonOptions {
  readonly output: Format
  readonly logLevel: Level
  readonly logForm?: 'json' | 'short'
}

/** What every verb is given. */
export interface Verb {
  readonly io: Io
  readonly words: Words
  readonly language: Language
  readonly home: Home
  readonly clock: Clock
  readonly connectors: () => Promise<readonly Connector[]>
}

/** Exit codes: done; failed; a value may not be used for this, or with care only (`why --use`); the configuration is refused (EX_CONFIG). */
export const EXIT = { ok: 0, failed: 1, refused: 2, withCare: 3, config: 78 } as const
export type Exit = (typeof EXIT)[keyof typeof EXIT]

/** A failure meant for the person: one sentence, and what to do. The program prints it and ends with 1. */
export class Refused extends Error {
  override name = 'Refused'
  readonly hint: string | undefined
  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

export function logOf(verb: Verb, options: CommonOptions): Logger {
  const level = LEVELS.includes(options.logLevel) ? options.logLevel : 'info'
  return createLog(verb.io, level, options.logForm ?? (verb.io.interactive ? 'short' : 'json'))
}
