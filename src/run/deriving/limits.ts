import { DAY, HOUR, MINUTE, SECOND } from '../../core/time.ts'

/** What the engine holds and asks for at once. */
export const DERIVING_LIMITS = {
  /** Units of one derivation that wait; more are merged to ranges, which are opened again a piece at a time. */
  units: 50_000,
  /** Ranges of one derivation that wait, and ranges remembered as late beyond the horizon; the nearest ones are merged beyond it. */
  ranges: 64,
  /** Units remembered by their keys as late beyond the horizon; of more the times are. */
  lateUnits: 10_000,
  /** Units computed together. */
  groupUnits: 500,
  /** Facts asked for at once; a group that has more is divided. */
  groupFacts: 10_000,
  /** Time between two units from which they are no neighbours. */
  neighbourUs: HOUR,
  /** Of what is computed along time and goes on, so much at least is computed at once: the watermark rises with the clock, and would else bring a little of it in every round. */
  pieceUs: SECOND / 4,
  /** Units that opening a piece of a range should come to at most; then a shorter piece is opened. */
  sliceUnits: 10_000,
  /** Longest and shortest piece of a range that is opened at once. */
  sliceMostUs: DAY,
  sliceLeastUs: SECOND,
  /** A shorter piece is opened when so much of it has passed. */
  sliceWaitUs: 5 * MINUTE,
  /** What is known already of the time after the watermark, of devices whose clocks are ahead, is looked for so far. */
  aheadUs: DAY,
  /** Stretches of time that one batch is seen as, per signal. */
  stretches: 16,
  /** Time between two samples of a batch from which they are seen as two stretches. */
  stretchUs: MINUTE,
  /** Versions looked up at once, to know where records were before. */
  versions: 10_000,
  /** How long a node that is silent holds up what is computed from it. */
  stallUs: MINUTE,
  /**
   * Questions are asked as one when all are about so little time, or when the one reads at most this many times what they would, or so much more (names times time: a
   * question of its own costs as much as reading 300 signals for a second); it names at most so many signals or keys.
   */
  togetherUs: SECOND,
  togetherWaste: 1.3,
  togetherMoreUs: 300 * SECOND,
  togetherNames: 5_000,
  /** Facts that are published and not stored yet, which others are computed from already; more are waited for. */
  unstoredFacts: 50_000,
  /** Records of computed samples of which it is known, until they are taken in, that a declaration and no sample made them others; of more it is not. */
  anewRecords: 10_000,
  /** Facts in one record of the log. */
  publishedFacts: 500,
  /** Bytes of the saved state; past it everything within the horizon is computed anew at the next start. */
  stateBytes: 64 * 1024 * 1024,
} as const
