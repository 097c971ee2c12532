/** Structured log lines to stderr; the object's fields first, then a short sentence. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Says nothing; for tests and tools. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }
