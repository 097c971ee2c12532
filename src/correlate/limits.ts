import { DAY } from '../core/time.ts'

/** What one correlation or figure may ask for and hold. */
export const CORRELATE_LIMITS = {
  correlations: 256,
  /** Values of one correlation, and inputs of one figure. */
  values: 64,
  /** Records or facts in one answer of the history; more are asked for in pages. */
  pageRows: 1_000,
  /** Records that one change may touch one by one; beyond it its time is opened piece by piece. */
  touched: 10_000,
  /** Related records or events of one interval; one that has more is Bad, `too-many`. */
  related: 1_000,
  /** Characters of a list of keys. */
  listText: 4_096,
  /** Longest time that a value is held before an interval, and that a sequence waits. */
  reachUs: DAY,
  /** Equipment of one figure. */
  equipment: 1_000,
} as const
