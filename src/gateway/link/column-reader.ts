import { BITS, type Expected, HEADER, NULL, NULL_HIGH, nothingExpected, STREAMS } from './column-layout.ts'
import type { Body, Coder, SignalColumn } from './columns.ts'
import { DECIMAL_FORMS, numberOf } from './decimals.ts'

/** Puts a body together again. Whatever the streams say, it stays within the body; `finish` tells whether they fitted. */
export class ColumnReader implements Coder {
  readonly isOne: boolean
  readonly #body: Body
  readonly #expected: Expected
  readonly #heads: Uint32Array
  readonly #plain: Uint8Array
  readonly #steps: Varints
  readonly #runs: Varints
  readonly #misses: Varints
  readonly #wholes: Varints
  readonly #planes: Uint8Array
  readonly #planeBytes: number
  #headWords = 0
  #plainBytes = 0
  #planeAt = 0
  #hits: number
  #before = BITS

  /** `source` starts at a multiple of 4. Throws RangeError when it is not as long as it says. */
  constructor(body: Body, source: Uint8Array) {
    if (source.length < HEADER) throw new RangeError('columns: shorter than their header')
    const [isOne, ...counts] = new Uint32Array(source.buffer, source.byteOffset, 1 + STREAMS) as unknown as number[]
    const [heads, plain, steps, runs, misses, wholes, planes] = counts as [number, number, number, number, number, number, number]
    if (HEADER + heads * 4 + plain + steps + runs + misses + wholes + planes * 8 !== source.length)
      throw new RangeError(`columns: ${source.length} bytes where their header says otherwise`)
    this.isOne = isOne === 1
    this.#body = body
    this.#expected = nothingExpected(body.bytes.length)
    let at = HEADER + heads * 4
    const next = (bytes: number) => source.subarray(at, (at += bytes))
    this.#heads = new Uint32Array(source.buffer, source.byteOffset + HEADER, heads)
    this.#plain = next(plain)
    this.#steps = new Varints(next(steps))
    this.#runs = new Varints(next(runs))
    this.#misses = new Varints(next(misses))
    this.#wholes = new Varints(next(wholes))
    this.#planes = next(planes * 8)
    this.#planeBytes = planes
    this.#hits = this.#nextHits()
  }

  plain(at: number, bytes: number): void {
    this.#body.bytes.set(this.#plain.subarray(this.#plainBytes, this.#plainBytes + bytes), at)
    this.#plainBytes += bytes
  }

  head(at: number, memory: Uint32Array): void {
    const { u32 } = this.#body
    for (let i = 0; i < memory.length; i++) {
      memory[i] = (memory[i] as number) + (this.#heads[this.#headWords++] ?? 0)
      u32[at + i] = memory[i] as number
    }
  }

  steps(words: Uint16Array | Uint32Array, from: number, count: number): void {
    let word = 0
    for (let i = from; i < from + count; ) {
      const step = this.#steps.signed()
      const run = this.#runs.next() + 1
      if (run > from + count - i) throw new RangeError('columns: a run is longer than its column')
      if (step === 0) words.fill(word, i, i + run)
      else for (let j = i; j < i + run; j++) words[j] = word += step
      i += run
    }
  }

  values(from: number, count: number, { words, from: signalFrom, step }: SignalColumn): void {
    const { f64, u32 } = this.#body
    const { mask, forms, wholes } = this.#expected
    for (let i = 0; i < count; i++) {
      const slot = (words[signalFrom + i * step] as number) & mask
      const known = forms[slot] as number
      const form = this.#form(known || this.#before)
      if (form === NULL) {
        u32[(from + i) * 2] = 0
        u32[(from + i) * 2 + 1] = NULL_HIGH
        if (known !== 0) continue
      }
      forms[slot] = form
      this.#before = form
      if (form < DECIMAL_FORMS) {
        const whole = ((wholes[slot] as number) + this.#wholes.signed()) | 0
        wholes[slot] = whole
        f64[from + i] = numberOf(whole, form)
      } else if (form === BITS) this.#bits(slot, (from + i) * 2)
    }
  }

  #form(expected: number): number {
    if (this.#hits-- !== 0) return expected
    const form = this.#misses.next()
    if (form < 1 || (form >= DECIMAL_FORMS && form !== BITS && form !== NULL)) throw new RangeError('columns: a value of unknown form')
    this.#hits = this.#nextHits()
    return form
  }

  #nextHits(): number {
    return this.#misses.isOver ? Number.POSITIVE_INFINITY : this.#misses.next()
  }

  #bits(slot: number, at: number): void {
    const { low, high } = this.#expected
    const planes = this.#planes
    const n = this.#planeBytes
    const p = this.#planeAt++
    const l =
      (planes[p] as number) |
      ((planes[p + n] as number) << 8) |
      ((planes[p + 2 * n] as number) << 16) |
      ((planes[p + 3 * n] as number) << 24)
    const q = p + 4 * n
    const h =
      (planes[q] as number) |
      ((planes[q + n] as number) << 8) |
      ((planes[q + 2 * n] as number) << 16) |
      ((planes[q + 3 * n] as number) << 24)
    low[slot] = l ^ (low[slot] as number)
    high[slot] = h ^ (high[slot] as number)
    this.#body.u32[at] = low[slot] as number
    this.#body.u32[at + 1] = high[slot] as number
  }

  /** Throws RangeError unless everything was used, and nothing more was wanted. */
  finish(): void {
    const varints = [this.#steps, this.#runs, this.#misses, this.#wholes]
    const isUsed =
      this.#headWords === this.#heads.length &&
      this.#plainBytes === this.#plain.length &&
      this.#planeAt === this.#planeBytes &&
      varints.every((stream) => stream.isOver)
    if (!isUsed) throw new RangeError('columns: longer or shorter than what they make')
  }
}

class Varints {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isOver(): boolean {
    return this.#at === this.#bytes.length
  }

  /** The next number; 0 behind the end, which `isOver` then tells. */
  next(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? 0
      value |= (byte & 127) << shift
      if (byte < 128) break
    }
    return value >>> 0
  }

  signed(): number {
    const value = this.next()
    return (value >>> 1) ^ -(value & 1)
  }
}
