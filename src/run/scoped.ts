import type { Logger } from '../core/log.ts'

/** A log that names the connection in every line. */
export function scoped(log: Logger, connection: string): Logger {
  const add =
    (level: keyof Logger) =>
    (fields: object, message: string): void =>
      log[level]({ connection, ...fields }, message)
  return { debug: add('debug'), info: add('info'), warn: add('warn'), error: add('error') }
}
