import { type Field, galoisField, inverted, type Matrix, product } from './gf256.ts'

/**
 * A systematic Reed–Solomon erasure code: `parity` shards are computed from `data` shards of equal length, and any `data` of all of them give
 * the others back.
 *
 * The code is that of Luigi Rizzo's `fec.c` ("Effective erasure codes for reliable computer communication protocols", 1997), which zfec carries on: a
 * Vandermonde matrix with the rows (1, 0, 0 ...) and (1, x, x^2 ...) for x = 2^0, 2^1 ..., multiplied by the inverse of its upper square, so that
 * the data shards stay as they are. Any `data` of its rows have an inverse.
 *
 * What makes it fast enough here: four output bytes lie side by side in one 32-bit word, so one look-up does four multiplications, and four
 * inputs go through the word at a time.
 */
export class ReedSolomon {
  readonly data: number
  readonly parity: number
  readonly #field: Field
  /** (data + parity) × data; the upper square is the identity. */
  readonly #generator: Matrix
  #encoder: Tables | undefined

  /** Throws RangeError unless 1 ≤ data, 0 ≤ parity, data + parity ≤ 255. */
  constructor(data: number, parity: number, field: Field = galoisField()) {
    if (!(data >= 1 && parity >= 0 && data + parity <= 255)) throw new RangeError(`no code with ${data} + ${parity} shards`)
    this.data = data
    this.parity = parity
    this.#field = field
    this.#generator = generator(field, data, data + parity)
  }

  /** The parity shards of `data` shards. */
  encode(shards: readonly Uint8Array[]): Uint8Array<ArrayBuffer>[] {
    if (shards.length !== this.data) throw new RangeError(`${shards.length} shards, ${this.data} expected`)
    this.#encoder ??= tablesFor(this.#field, this.#generator.slice(this.data * this.data), this.data)
    return combine(this.#encoder, shards, sameLength(shards))
  }

  /**
   * All data shards, from `data` of the `data + parity` at their places; the others are undefined. Shards that are there are returned as they are,
   * more than needed are not looked at. Throws RangeError when fewer than `data` are there or they differ in length.
   */
  reconstruct(shards: readonly (Uint8Array | undefined)[]): Uint8Array[] {
    const present: number[] = []
    const missing: number[] = []
    for (let i = 0; i < this.data; i++) (shards[i] ? present : missing).push(i)
    for (let i = this.data; i < this.data + this.parity && present.length < this.data; i++) if (shards[i]) present.push(i)
    if (present.length < this.data) throw new RangeError(`${present.length} shards are there, ${this.data} are needed`)
    const inputs = present.map((i) => shards[i] as Uint8Array)
    const length = sameLength(inputs)
    const found = shards.slice(0, this.data) as Uint8Array[]
    if (missing.length === 0) return found
    const { data } = this
    const square = new Uint8Array(data * data)
    present.forEach((shard, row) => {
      square.set(this.#generator.subarray(shard * data, (shard + 1) * data), row * data)
    })
    const inverse = inverted(this.#field, square, data)
    const rows = new Uint8Array(missing.length * data)
    missing.forEach((shard, row) => {
      rows.set(inverse.subarray(shard * data, (shard + 1) * data), row * data)
    })
    const recovered = combine(tablesFor(this.#field, rows, data), inputs, length)
    missing.forEach((shard, i) => {
      found[shard] = recovered[i] as Uint8Array
    })
    return found
  }
}

function generator(field: Field, data: number, total: number): Matrix {
  const vandermonde = new Uint8Array(total * data)
  vandermonde[0] = 1
  for (let row = 1; row < total; row++) {
    for (let column = 0; column < data; column++) vandermonde[row * data + column] = field.exp[((row - 1) * column) % 255] as number
  }
  return product(field, vandermonde, inverted(field, vandermonde.slice(0, data * data), data), data)
}

/** For each group of four outputs and each input: 256 words that hold the byte times the four factors. */
interface Tables {
  readonly outputs: number
  readonly inputs: number
  readonly words: readonly Uint32Array[]
}

function tablesFor(field: Field, rows: Matrix, inputs: number): Tables {
  const outputs = rows.length / inputs
  const words: Uint32Array[] = []
  for (let group = 0; group < outputs; group += 4) {
    for (let input = 0; input < inputs; input++) {
      const table = new Uint32Array(256)
      for (let output = group; output < Math.min(group + 4, outputs); output++) {
        const factor = rows[output * inputs + input] as number
        const shift = (output - group) * 8
        if (factor === 0) continue
        const power = field.log[factor] as number
        for (let byte = 1; byte < 256; byte++)
          table[byte] = (table[byte] as number) | ((field.exp[power + (field.log[byte] as number)] as number) << shift)
      }
      words.push(table)
    }
  }
  return { outputs, inputs, words }
}

function combine(tables: Tables, shards: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer>[] {
  const { outputs, inputs, words } = tables
  const results = Array.from({ length: outputs }, () => new Uint8Array(length))
  const sums = new Uint32Array(length)
  const nothing = new Uint32Array(256)
  for (let group = 0; group * 4 < outputs; group++) {
    sums.fill(0)
    const first = group * inputs
    for (let input = 0; input < inputs; input += 4) {
      // Where fewer than four inputs are left, the first of them stands in with a table of zeros.
      const at = (i: number) => (input + i < inputs ? input + i : input)
      const table = (i: number) => (input + i < inputs ? (words[first + input + i] as Uint32Array) : nothing)
      const shard = (i: number) => shards[at(i)] as Uint8Array
      addFour(sums, [shard(0), shard(1), shard(2), shard(3)], [table(0), table(1), table(2), table(3)])
    }
    spread(sums, results, group * 4)
  }
  return results
}

type Four<T> = readonly [T, T, T, T]

function addFour(sums: Uint32Array, [a, b, c, d]: Four<Uint8Array>, [ta, tb, tc, td]: Four<Uint32Array>): void {
  for (let i = 0; i < sums.length; i++) {
    sums[i] =
      (sums[i] as number) ^
      (ta[a[i] as number] as number) ^
      (tb[b[i] as number] as number) ^
      (tc[c[i] as number] as number) ^
      (td[d[i] as number] as number)
  }
}

/** Takes the words apart into the outputs from `first` on. */
function spread(sums: Uint32Array, results: readonly Uint8Array[], first: number): void {
  const outputs = results.slice(first, first + 4)
  outputs.forEach((result, i) => {
    const shift = i * 8
    for (let at = 0; at < sums.length; at++) result[at] = (sums[at] as number) >>> shift
  })
}

function sameLength(shards: readonly Uint8Array[]): number {
  const length = shards[0]?.length ?? 0
  if (shards.some((shard) => shard.length !== length)) throw new RangeError('shards of one block have the same length')
  return length
}
