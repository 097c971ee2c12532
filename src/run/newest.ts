import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import type { LastValues } from '../core/last-values.ts'
import type { Clock } from '../core/time.ts'

/** The newest values of this node for somebody who has seen some of them. */
export class Newest {
  readonly #last: LastValues
  readonly #signalCount: () => number
  readonly #clock: Clock
  /** When what was shown last of a signal had come, by its index. */
  #shown = new Float64Array(0)

  constructor(last: LastValues, signalCount: () => number, clock: Clock) {
    this.#last = last
    this.#signalCount = signalCount
    this.#clock = clock
  }

  /** The newest value of every signal that changed since it was last taken. */
  take(): SampleBatch {
    const last = this.#last
    const count = this.#signalCount()
    if (this.#shown.length < count) {
      const grown = new Float64Array(count * 2)
      grown.set(this.#shown)
      this.#shown = grown
    }
    const builder = new BatchBuilder()
    for (let index = 0; index < count; index++) {
      const received = last.receivedTime[index] ?? 0
      if (received === 0 || this.#shown[index] === received) continue
      this.#shown[index] = received
      const [time, value] = [last.sourceTime[index] as number, last.value[index] as number]
      const row = builder.push(index, time, value, last.status[index] as number, last.reasons[index] as number)
      const text = last.text.get(index)
      if (text !== undefined) builder.setText(row, text)
    }
    return builder.build(this.#clock.now())
  }
}
