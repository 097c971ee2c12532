import { BatchBuilder, type SampleBatch } from '../src/core/batch.ts'
import type { ReasonSets } from '../src/core/reasons.ts'
import type { SignalTable } from '../src/core/signals.ts'
import { Status } from '../src/core/status.ts'
import type { Micros } from '../src/core/time.ts'

/** Where an acknowledged sample is in its node's log. */
export interface Place {
  readonly epoch: number
  readonly sequence: number
}

/** What a sample must look like wherever it is found: its number decides all of it. */
export interface Expected {
  readonly signal: string
  readonly status: number
  readonly reasons: readonly string[]
  readonly text: string | undefined
}

const SIGNALS_FIRST = 3
const SIGNALS_LIMIT = 24

export function expectedOf(node: string, number: number): Expected {
  const known = Math.min(SIGNALS_LIMIT, SIGNALS_FIRST + Math.floor(number / 40))
  const isUncertain = number % 7 === 3
  return {
    signal: `${node}/s${number % known}`,
    status: isUncertain ? Status.UncertainLastUsableValue : 0,
    reasons: isUncertain ? [`r${number % 9}`, 'range'] : [],
    text: number % 11 === 5 ? `n${number}` : undefined,
  }
}

/** The device of one edge: it numbers its samples, and writes down which were acknowledged. Independent of everything it is compared with. */
export class Journal {
  readonly node: string
  readonly acknowledged = new Map<number, Place>()
  produced = 0

  constructor(node: string) {
    this.node = node
  }

  /** The next samples, with the indices of the node's tables. */
  next(count: number, now: Micros, signals: SignalTable, reasons: ReasonSets): { batch: SampleBatch; numbers: number[] } {
    const builder = new BatchBuilder(count)
    const numbers: number[] = []
    for (let i = 0; i < count; i++) {
      const number = ++this.produced
      const { signal, status, reasons: names, text } = expectedOf(this.node, number)
      const dataType = 'number'
      const index = signals.define({ id: signal, connection: 'device', address: signal, dataType })
      // Its own time tells a text sample's number too.
      const row = builder.push(index, number * 1000, text === undefined ? number : Number.NaN, status, reasons.of(...names))
      if (text !== undefined) builder.setText(row, text)
      numbers.push(number)
    }
    return { batch: builder.build(now), numbers }
  }
}
