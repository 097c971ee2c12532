/** Limits of this implementation. Every one has a test that reaches it, or says why not. */
export interface StoreLimits {
  /** Queries running at once. The thread pool of the process has four threads by default: the rest stay free for commits and the spool. */
  readonly queriesRunning: number
  /** SQL statements of people running at once, so that one of the places above stays free for the interface. */
  readonly sqlRunning: number
  /** Queries waiting for a place; more are refused. */
  readonly queriesWaiting: number
  /** Rows one `samples` call returns at most. */
  readonly sampleRows: number
  /** Rows one `aggregate` call returns at most. */
  readonly aggregateRows: number
  /** Signals one `aggregate` call may name. */
  readonly aggregateSignals: number
  /** Versions one `definitions` call returns at most: the newest. */
  readonly definitionVersions: number
  /** Rows one `measures` call returns at most. */
  readonly measureRows: number
  /** Samples measured by one statement, where an hour has fewer; hours are taken together up to it. */
  readonly measureStepSamples: number
  /** Measured hours of signals that are kept; the oldest hours are forgotten, and measured again when somebody asks. */
  readonly measuresKept: number
  /** Signals one `series` call may name. */
  readonly seriesSignals: number
  /** Samples one `series` call reads at most; more are refused. */
  readonly seriesRows: number
  /** Samples for which there is room beside the database, 28 bytes each: the newest ones of signals that somebody asks for. */
  readonly recentRows: number
  /** Facts in force, and versions of records, that are kept beside the database while nothing new is said of theirs; and characters of them. Twice as much of records: by time and by key. */
  readonly recentStated: number
  readonly recentStatedLength: number
  /** Versions, facts or rows in quarantine that one call returns at most. */
  readonly statedRows: number
  /** Characters of what they say, together. */
  readonly statedLength: number
  /** Keys, or ids of rows in quarantine, that one call may name. */
  readonly statedKeys: number
  /** Feeds of one node whose cursors are kept. */
  readonly cursorsOfNode: number
  /** Characters of one SQL statement. */
  readonly sqlLength: number
  /** Bytes of the cells one SQL query returns. */
  readonly sqlBytes: number
  /** Elements of the lists in the rows that the engine hands over at once, two thousand of them. */
  readonly sqlElements: number
  /** Rows sorted into one cold file; a larger day becomes several files, each with its own signals. */
  readonly fileRows: number
  /** A signal with fewer samples than this to a row of counts has none in a cold file: its samples are counted as fast, and the rows would take too much beside them. */
  readonly samplesPerCount: number
  /** Rows of the ledger's counts that are added before each hour is summed up to one; 0: nothing is counted, for measuring what counting costs. */
  readonly accountRows: number
}

export const STORE_LIMITS: StoreLimits = {
  queriesRunning: 2,
  sqlRunning: 1,
  queriesWaiting: 64,
  sampleRows: 5_000_000,
  aggregateRows: 1_000_000,
  aggregateSignals: 10_000,
  definitionVersions: 1_000,
  measureRows: 100_000,
  measureStepSamples: 4_000_000,
  measuresKept: 5_000_000,
  seriesSignals: 10_000,
  seriesRows: 5_000_000,
  recentRows: 256 * 1024,
  recentStated: 4_000,
  recentStatedLength: 4 * 1024 * 1024,
  statedRows: 100_000,
  statedLength: 64 * 1024 * 1024,
  statedKeys: 10_000,
  cursorsOfNode: 1_000,
  sqlLength: 20_000,
  sqlBytes: 64 * 1024 * 1024,
  sqlElements: 200_000,
  fileRows: 8_000_000,
  samplesPerCount: 200,
  accountRows: 2_000,
}

/** Ingest ids are whole numbers exact in a double: at a million records a second they last 285 years. */
export const LAST_INGEST = Number.MAX_SAFE_INTEGER - 1
