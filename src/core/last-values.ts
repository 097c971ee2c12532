import type { SampleBatch } from './batch.ts'

/** The newest sample of every signal, by arrival, in columns by signal index. Rows never seen have `receivedTime` 0. */
export class LastValues {
  sourceTime = new Float64Array(0)
  receivedTime = new Float64Array(0)
  value = new Float64Array(0)
  status = new Uint32Array(0)
  reasons = new Uint32Array(0)
  readonly text = new Map<number, string>()

  /** Takes in a batch; later rows win. */
  update(batch: SampleBatch, signals: number): void {
    if (this.value.length < signals) this.#grow(Math.max(signals, this.value.length * 2, 256))
    const { count, signal } = batch
    for (let i = 0; i < count; i++) {
      const at = signal[i] as number
      this.sourceTime[at] = batch.sourceTime[i] as number
      this.receivedTime[at] = batch.receivedTime
      this.value[at] = batch.value[i] as number
      this.status[at] = batch.status[i] as number
      this.reasons[at] = batch.reasons[i] as number
    }
    if (this.text.size === 0 && !batch.text) return
    for (let i = 0; i < count; i++) {
      const text = batch.text?.get(i)
      if (text === undefined) this.text.delete(signal[i] as number)
      else this.text.set(signal[i] as number, text)
    }
  }

  /** True when the signal has had a sample. */
  has(signal: number): boolean {
    return (this.receivedTime[signal] ?? 0) > 0
  }

  #grow(to: number): void {
    const columns = ['sourceTime', 'receivedTime', 'value'] as const
    for (const column of columns) {
      const grown = new Float64Array(to)
      grown.set(this[column])
      this[column] = grown
    }
    for (const column of ['status', 'reasons'] as const) {
      const grown = new Uint32Array(to)
      grown.set(this[column])
      this[column] = grown
    }
  }
}
