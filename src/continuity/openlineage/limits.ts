/** What telling others where results come from may cost. What is left out is counted in the event itself. */
export const OPEN_LINEAGE_LIMITS = {
  /** Datasets on one side of one event, and columns of one dataset. */
  datasets: 500,
  columns: 500,
  /** Input columns named for one column. */
  inputFields: 100,
  /** Results of one definition that are counted per hour; where there are more, its event says so. */
  facts: 10_000,
  /** Signals measured per hour; where there are more, every event of the hour says so. */
  measures: 250_000,
  /** Hours of one question. */
  hours: 168,
  /** Milliseconds for the answer to one event. */
  answerMs: 10_000,
} as const
