import type { SampleBatch } from './batch.ts'

/** The batch with the rows given, ascending; everything that is said of the whole batch stays. */
export function selectRows(batch: SampleBatch, rows: Uint32Array): SampleBatch {
  const pick = <A extends Uint32Array | Float64Array>(from: A, to: A): A => {
    for (let i = 0; i < rows.length; i++) to[i] = from[rows[i] as number] as number
    return to
  }
  const n = rows.length
  const { text, ...rest } = batch
  const texts = text && new Map([...rows].flatMap((row, i) => (text.has(row) ? [[i, text.get(row) as string] as const] : [])))
  return {
    ...rest,
    count: n,
    signal: pick(batch.signal, new Uint32Array(n)),
    sourceTime: pick(batch.sourceTime, new Float64Array(n)),
    value: pick(batch.value, new Float64Array(n)),
    status: pick(batch.status, new Uint32Array(n)),
    reasons: pick(batch.reasons, new Uint32Array(n)),
    ...(texts && texts.size > 0 && { text: texts }),
  }
}
