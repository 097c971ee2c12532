import { DAY } from '../core/time.ts'

/** What one passport may read and say, so that no question costs more than its answer is worth. */
export const CONTINUITY_LIMITS = {
  /** Uses that one file declares, names of one use, patterns of one list. */
  uses: 64,
  names: 16,
  patterns: 64,
  /** Characters of a name or of a pattern, and what the braces of a pattern may stand for. */
  textLength: 128,
  alternatives: 64,
  /** Steps from a value to its samples. */
  depth: 16,
  /** Signals, facts and records below one value; what is beyond is said to be. */
  signals: 10_000,
  facts: 10_000,
  records: 1_000,
  /** Samples that are counted by status and reason; of more only the number is told. */
  countedSamples: 20_000_000,
  /** Periods that are counted one by one; signals of more are told by their number only. */
  periods: 32,
  /** How long before a time the reading that was in force at its start is looked for, where its signal declares no period. */
  reachUs: DAY,
  /** Counts that are remembered, and from how many signals on it is worth it. */
  rememberedTallies: 16,
  rememberedSignals: 20,
  /** Rows of such a count, and signals of one question. */
  countedRows: 100_000,
  /** Hops of one chain that are shown; that there are more is said, and all of them are judged. */
  hops: 200,
  /** Members of a hop in one answer. */
  members: 100,
  /** Versions of a value in one answer. */
  versions: 50,
  /** Records of the log that are looked up. */
  ingests: 10_000,
  /** Clocks that are looked up in the past. */
  clocks: 64,
  /** Reasons of a verdict, and contracts, that are spelled out. */
  reasons: 100,
  contracts: 50,
} as const
