/** Limits of this connector. Every one has a test that reaches it. */
export const FILES_LIMITS = {
  /** Feeds of one connection. */
  feeds: 64,
  /** Files that match and are looked at in one scan; more are counted as `too-many-files` and wait. */
  scannedFiles: 10_000,
  /** Taken files that a feed remembers; older ones are told by their time of change. */
  rememberedFiles: 400,
  /** Bytes of one file of lines (csv, jsonl) or of Parquet. */
  fileBytes: 4 * 1024 ** 3,
  /** Bytes of one JSON file, which is read whole. */
  jsonBytes: 16 * 1024 ** 2,
  /** Bytes of one xlsx file, and of what it unpacks to. */
  xlsxBytes: 16 * 1024 ** 2,
  xlsxUnpackedBytes: 128 * 1024 ** 2,
  /** Parts in one xlsx file. */
  xlsxParts: 2_000,
  /** Cells of one sheet, empty ones included. */
  xlsxCells: 500_000,
  /** Memory of the thread that reads an xlsx file. */
  xlsxMemoryMiB: 512,
  /** Milliseconds that one xlsx file may take. */
  xlsxMs: 60_000,
  /** Bytes of one line, or of the lines of one CSV record. */
  recordBytes: 256 * 1024,
  /** Lines of one CSV record. */
  recordLines: 1_000,
  /** Columns of a table. */
  columns: 512,
  /** Levels of a JSON value. */
  jsonDepth: 64,
  /** Values in a JSON file, or in one line of it. */
  jsonValues: 10_000_000,
  /** Rows handed over at once, and their characters. */
  partRows: 2_000,
  partChars: 4 * 1024 ** 2,
  /** Memory of the engine that reads Parquet. */
  parquetMemoryMiB: 128,
  /** Characters of an unreadable line that are kept. */
  unreadableChars: 4_096,
} as const
