import { DIODE_LIMITS } from './limits.ts'
import { ReedSolomon } from './reed-solomon.ts'

/** Codes by their numbers of shards; tables of those used last are kept. */
export class Codes {
  readonly #codes = new Map<number, ReedSolomon>()

  get(data: number, parity: number): ReedSolomon {
    const key = data * 256 + parity
    const code = this.#codes.get(key) ?? new ReedSolomon(data, parity)
    this.#codes.delete(key)
    this.#codes.set(key, code)
    const oldest = this.#codes.keys().next().value
    if (this.#codes.size > DIODE_LIMITS.codes && oldest !== undefined) this.#codes.delete(oldest)
    return code
  }
}

/** The shards of a block: all of ceil(bytes / data) bytes, the last ones filled up with zeros, then the parity. */
export function shardsOf(block: Uint8Array, shardBytes: number, parityBy: readonly number[], codes: Codes): Uint8Array[] {
  const data = Math.ceil(block.length / shardBytes)
  const bytes = Math.ceil(block.length / data)
  const padded = new Uint8Array(data * bytes)
  padded.set(block)
  const shards = Array.from({ length: data }, (_, i) => padded.subarray(i * bytes, (i + 1) * bytes))
  return [...shards, ...codes.get(data, parityBy[data] as number).encode(shards)]
}
