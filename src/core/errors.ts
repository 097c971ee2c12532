/**
 * The few kinds of error that a part may throw on purpose. Bad data is not an error: it lowers the status
 * of its sample and the stream goes on. Anything else that is thrown is a bug: the runner stops that part
 * loudly and keeps the others running.
 */

import type { PeerFault } from './peer-faults.ts'

/** The peer cannot be reached or dropped the line. The runner retries with back-off. */
export class NotConnected extends Error {
  override name = 'NotConnected'
  /** What the person should do, in one sentence; shown beside the message. */
  readonly hint: string | undefined
  /** The same by code, for other languages; absent where only the message says it. */
  readonly fault: PeerFault | undefined
  constructor(message: string, options: { cause?: unknown; hint?: string; fault?: PeerFault | undefined } = {}) {
    super(message, { cause: options.cause })
    this.hint = options.hint
    this.fault = options.fault
  }
}

/** A finite source (file, replay) has given everything. The runner closes it and does not retry. */
export class EndOfInput extends Error {
  override name = 'EndOfInput'
}

/** One thing wrong in the configuration, at a place in a file. Lines and columns count from 1. */
export interface ConfigProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  /** Stable code, e.g. `E_UNKNOWN_KEY`; one heading each in docs/errors.md. */
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly level: 'error' | 'warning'
}

/** The configuration is refused; the process exits 78 (EX_CONFIG). */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError'
  readonly problems: readonly ConfigProblem[]
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((p) => `${p.file}:${p.line}:${p.column} ${p.code} ${p.message}`).join('\n'))
    this.problems = problems
  }
}
