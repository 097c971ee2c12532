/** What telling others where results come from may cost. What is left out is counted in the event itself. */
export const OPEN_LINEAGE_LIMITS = {
  /** Datasets on one side of one event, and columns of one dataset. */
  datasets: 500,
  columns: 500,
  /** Input columns named for one column. */
  inputFields: 100,
  /** Results of one definition that are counted per hour. */
  facts: 10_000,
  /** Signals measured per hour. */
  measures: 250_000,
  /** Hours of one question. */
  hours: 168,
  /** Events that wait to be sent; the oldest beyond are dropped and counted. */
  queue: 20_000,
  /** Events in one request, and milliseconds for its answer. */
  batch: 100,
  answerMs: 10_000,
} as const
