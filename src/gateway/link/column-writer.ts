import { BITS, type Expected, HEADER, NULL, NULL_HIGH, nothingExpected } from './column-layout.ts'
import type { Body, Coder, SignalColumn } from './columns.ts'
import { DECIMAL_FORMS, formOf, stands, wholeOf } from './decimals.ts'

/** Bytes of memory that taking apart a body of this size needs; most of it is never touched. */
export function columnRoom(size: number): number {
  return 5 * size
}

/** Takes a body apart. What a stream has no room for is not kept: then the body is no smaller for it, and `finish` says so. */
export class ColumnWriter implements Coder {
  readonly #body: Body
  readonly #expected: Expected
  readonly #heads: Uint32Array
  readonly #plain: Uint8Array
  readonly #steps: Varints
  readonly #runs: Varints
  readonly #misses: Varints
  readonly #wholes: Varints
  /** The lowest bytes of all, then the second bytes ...: eight times `#planeMost`. */
  readonly #planes: Uint8Array
  readonly #planeMost: number
  #headWords = 0
  #plainBytes = 0
  #planeBytes = 0
  /** Values since the last that missed, and the form of the one before. */
  #hits = 0
  #before = BITS

  /** `room` starts at a multiple of 8 and has `columnRoom` bytes, of any content. */
  constructor(body: Body, room: Uint8Array) {
    const size = body.bytes.length
    this.#body = body
    this.#expected = nothingExpected(size)
    let at = 0
    const next = (bytes: number) => room.subarray(at, (at += bytes))
    const heads = next(size & ~3)
    this.#heads = new Uint32Array(heads.buffer, heads.byteOffset, heads.length >>> 2)
    this.#plain = next(size)
    this.#steps = new Varints(next(size >>> 1))
    this.#runs = new Varints(next(size >>> 1))
    this.#misses = new Varints(next(size >>> 2))
    this.#wholes = new Varints(next(size >>> 1))
    this.#planeMost = size >>> 3
    this.#planes = next(8 * this.#planeMost)
  }

  plain(at: number, bytes: number): void {
    this.#plain.set(this.#body.bytes.subarray(at, at + bytes), this.#plainBytes)
    this.#plainBytes += bytes
  }

  head(at: number, memory: Uint32Array): void {
    const { u32 } = this.#body
    for (let i = 0; i < memory.length; i++) {
      const word = u32[at + i] as number
      this.#heads[this.#headWords++] = word - (memory[i] as number)
      memory[i] = word
    }
  }

  steps(words: Uint16Array | Uint32Array, from: number, count: number): void {
    let before = 0
    let step = 0
    let run = 0
    for (let i = from; i < from + count; i++) {
      const word = words[i] as number
      const next = (word - before) | 0
      before = word
      if (next === step) {
        run++
        continue
      }
      if (run > 0) this.#run(step, run)
      step = next
      run = 1
    }
    if (run > 0) this.#run(step, run)
  }

  #run(step: number, run: number): void {
    this.#steps.signed(step)
    this.#runs.put(run - 1)
  }

  values(from: number, count: number, { words, from: signalFrom, step }: SignalColumn): void {
    const { f64, u32 } = this.#body
    const { mask, forms, wholes, low, high } = this.#expected
    const planes = this.#planes
    const n = this.#planeMost
    let plane = this.#planeBytes
    for (let i = 0; i < count; i++) {
      const slot = (words[signalFrom + i * step] as number) & mask
      const value = f64[from + i] as number
      const known = forms[slot] as number
      let form = known
      let whole = 0
      if (known !== BITS) {
        whole = known < DECIMAL_FORMS ? wholeOf(value, known) : 0
        if (known >= DECIMAL_FORMS || !stands(value, whole, known)) {
          form = this.#formOf(value, (from + i) * 2)
          if (form < DECIMAL_FORMS) whole = wholeOf(value, form)
        }
      }
      if (form === (known || this.#before)) this.#hits++
      else this.#miss(form)
      if (form === NULL && known !== 0) continue
      forms[slot] = form
      this.#before = form
      if (form < DECIMAL_FORMS) {
        this.#wholes.signed((whole - (wholes[slot] as number)) | 0)
        wholes[slot] = whole
      } else if (form === BITS) {
        const at = (from + i) * 2
        const xorLow = (u32[at] as number) ^ (low[slot] as number)
        const xorHigh = (u32[at + 1] as number) ^ (high[slot] as number)
        low[slot] = u32[at] as number
        high[slot] = u32[at + 1] as number
        planes[plane] = xorLow
        planes[plane + n] = xorLow >>> 8
        planes[plane + 2 * n] = xorLow >>> 16
        planes[plane + 3 * n] = xorLow >>> 24
        planes[plane + 4 * n] = xorHigh
        planes[plane + 5 * n] = xorHigh >>> 8
        planes[plane + 6 * n] = xorHigh >>> 16
        planes[plane + 7 * n] = xorHigh >>> 24
        plane++
      }
    }
    this.#planeBytes = plane
  }

  #formOf(value: number, at: number): number {
    if (!Number.isNaN(value)) return formOf(value) || BITS
    const { u32 } = this.#body
    return u32[at] === 0 && u32[at + 1] === NULL_HIGH ? NULL : BITS
  }

  #miss(form: number): void {
    this.#misses.put(this.#hits)
    this.#misses.put(form)
    this.#hits = 0
  }

  /** All streams in one; undefined when the body is no larger than they are. */
  finish(isOne: boolean): Uint8Array | undefined {
    const varints = [this.#steps, this.#runs, this.#misses, this.#wholes]
    const parts = [
      new Uint8Array(this.#heads.buffer, this.#heads.byteOffset, this.#headWords * 4),
      this.#plain.subarray(0, this.#plainBytes),
      ...varints.map(({ bytes, length }) => bytes.subarray(0, length)),
      ...Array.from({ length: 8 }, (_, i) => this.#planes.subarray(i * this.#planeMost, i * this.#planeMost + this.#planeBytes)),
    ]
    const size = HEADER + this.#headWords * 4 + this.#plainBytes + sum(varints) + 8 * this.#planeBytes
    if (size >= this.#body.bytes.length || varints.some(({ length, bytes }) => length > bytes.length)) return undefined
    const out = new Uint8Array(size)
    const counts = [this.#headWords, this.#plainBytes, ...varints.map(({ length }) => length), this.#planeBytes]
    new Uint32Array(out.buffer, 0, HEADER / 4).set([isOne ? 1 : 0, ...counts])
    let at = HEADER
    for (const part of parts) {
      out.set(part, at)
      at += part.length
    }
    return out
  }
}

/** Numbers of 32 bits, seven bits a byte. `length` goes on when there is no room. */
class Varints {
  readonly bytes: Uint8Array
  length = 0

  constructor(room: Uint8Array) {
    this.bytes = room
  }

  put(value: number): void {
    while (value > 127) {
      this.bytes[this.length++] = (value & 127) | 128
      value >>>= 7
    }
    this.bytes[this.length++] = value
  }

  /** Small numbers of either sign become small ones. */
  signed(value: number): void {
    this.put(((value << 1) ^ (value >> 31)) >>> 0)
  }
}

const sum = (varints: readonly Varints[]): number => varints.reduce((bytes, { length }) => bytes + length, 0)
