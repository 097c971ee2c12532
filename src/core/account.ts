/** What an account counts: samples of signals, or rows of IT records. */
export const ACCOUNT_UNITS = ['samples', 'rows'] as const
export type AccountUnit = (typeof ACCOUNT_UNITS)[number]

/** The content of a spool record `account`: what became of something that a connection read and that is not in the log itself. */
export interface Account {
  readonly connection: string
  readonly unit: AccountUnit
  /** Lost before the log, by reason. */
  readonly dropped?: Readonly<Record<string, number>> | undefined
  /** Rows that said nothing new. */
  readonly known?: number | undefined
}

/** What a part of a node's log came to at one connection during one hour, as the historian counts what it commits. */
export interface DeliveredRow {
  readonly node: string
  /** '' where no definition says whose a signal is. */
  readonly connection: string
  readonly unit: AccountUnit
  /** Start of the hour in which the record was written, by the clock of its node; see `accountHour`. */
  readonly hour: number
  readonly delivered: number
  /** Not stored, because nobody defined the signal. */
  readonly refused: number
}

const HOUR_US = 3_600_000_000
const OLDEST = Date.parse('2000-01-01T00:00:00Z') * 1000
const NEWEST = Date.parse('2200-01-01T00:00:00Z') * 1000

/** The hour a record is counted under; 0 for a time that no clock shows. */
export function accountHour(recordedTime: number): number {
  return recordedTime >= OLDEST && recordedTime < NEWEST ? Math.floor(recordedTime / HOUR_US) * HOUR_US : 0
}
