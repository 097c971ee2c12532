import type { DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api'

type Items = Float64Array | Uint32Array | BigInt64Array

/**
 * The typed array behind a vector of numbers or times: what is written to it before `flush` is what the vector holds. The library keeps the
 * member private and has no bulk access (its own setters take one value at a time: 3.1 instead of 4.4 million rows a second), so its presence is checked here.
 */
export function itemsOf<A extends Items>(vector: DuckDBVector, type: new (length: number) => A): A {
  const items: unknown = Reflect.get(vector, 'items')
  if (items instanceof type) return items
  throw new TypeError(`a ${vector.type} vector has no ${type.name} of items in this version of @duckdb/node-api`)
}

/** A column of a result that is known to hold no null. */
export function columnOf<A extends Items>(chunk: DuckDBDataChunk, column: number, type: new (length: number) => A): A {
  return itemsOf(chunk.getColumnVector(column), type)
}
