/** Limits of these connectors. Every one has a test that reaches it. */
export const SQL_LIMITS = {
  /** Feeds of one connection. */
  feeds: 64,
  /** Characters of one query. */
  queryLength: 65_536,
  /** Rows asked for at first; pages grow while they stay small. */
  firstPageRows: 64,
  /** Rows of one page at most. */
  pageRows: 2_000,
  /** Characters of one page: a page that is larger makes the next one smaller. */
  pageChars: 4 * 1024 * 1024,
  /** Columns of one query. */
  columns: 512,
  /** Characters of one cell; a row with a longer one is unreadable. */
  cellChars: 65_536,
  /** Levels of a JSON value in a cell. */
  jsonDepth: 64,
  /** Values in it. */
  jsonValues: 65_536,
  /** Milliseconds that a locked SQLite file is waited for. */
  busyMs: 2_000,
  /** Memory of the engine that reads a DuckDB file. */
  duckdbMemoryMiB: 256,
} as const
