import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'

/** One sample as its source knows it. `sequence` counts over all signals of the source and never repeats. */
export interface Said {
  readonly signal: string
  readonly sequence: number
  readonly value: number
  /** Microseconds since 1970. */
  readonly time: number
}

/**
 * The source's own record of what it said and of what the node acknowledged, appended as plain lines:
 *
 *   said,SIGNAL,SEQUENCE,VALUE,TIME
 *   acknowledged,FIRST,LAST,MILLISECONDS      (the machine's wall clock, for a person)
 *
 * Acknowledgements are durable when `acknowledged` returns (O_DSYNC: no fsync call of its own, so that faults injected into fsync do not meet it).
 */
export class Journal {
  readonly #said: number
  readonly #acknowledged: number

  constructor(path: string) {
    const append = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY
    this.#said = openSync(path, append)
    // A write that a kill cut short left half a line, of samples that were never handed over: what follows must not be read as its end.
    if (isTorn(path)) writeSync(this.#said, '\n')
    this.#acknowledged = openSync(path, append | constants.O_DSYNC)
  }

  /** In one write, so that a killed process leaves at most its last line torn. */
  said(samples: readonly Said[]): void {
    writeSync(this.#said, samples.map(({ signal, sequence, value, time }) => `said,${signal},${sequence},${value},${time}\n`).join(''))
  }

  acknowledged(first: number, last: number): void {
    writeSync(this.#acknowledged, `acknowledged,${first},${last},${Date.now()}\n`)
  }

  close(): void {
    closeSync(this.#said)
    closeSync(this.#acknowledged)
  }
}

function isTorn(path: string): boolean {
  const text = readFileSync(path)
  return text.length > 0 && text.at(-1) !== 0x0a
}
