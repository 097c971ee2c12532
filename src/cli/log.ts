import pino from 'pino'
import type { Logger } from '../core/log.ts'
import type { Io } from './io.ts'
import { paint, printable } from './output.ts'

export const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type Level = (typeof LEVELS)[number]

/** What must not be logged even when somebody hands it to the log. */
const REDACTED = ['password', 'secret', 'token', 'privateKey', 'authorization'].flatMap((key) => [key, `*.${key}`, `*.*.${key}`])

/** JSON lines on stderr for machines; short lines when a person watches the terminal. */
export function createLog(io: Io, level: Level, form: 'json' | 'short'): Logger {
  const write = form === 'json' ? (line: string) => io.err(line) : (line: string) => io.err(`${short(line, io)}\n`)
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: REDACTED,
    },
    { write },
  )
}

function short(line: string, io: Io): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as { level: string; time: string; msg?: string } & Record<string, unknown>
  const { dim, warn, bad } = paint(io.colour.err)
  const word = level.toUpperCase().padEnd(5)
  const shownLevel = level === 'error' ? bad(word) : level === 'warn' ? warn(word) : word
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return `${dim(time.slice(11, 19))} ${shownLevel} ${printable(msg ?? '')}${rest.length > 0 ? ` ${dim(printable(rest.join(' ')))}` : ''}`
}
