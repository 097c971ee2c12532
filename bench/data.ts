/** The set every measurement writes: signals that walk at random around a mean, one sample each per tick, 70 % quantised to 0.01 and 30 % full doubles. */

/** A small fast generator with a seed, so that every run and every peer gets the same samples (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Values of `signals` signals, tick by tick; the array is reused. */
export function* walk(signals: number, seed = 1): Generator<Float64Array, never> {
  const random = seeded(seed)
  const raw = Float64Array.from({ length: signals }, () => 20 + 60 * random())
  const values = new Float64Array(signals)
  for (;;) {
    for (let i = 0; i < signals; i++) {
      const next = (raw[i] as number) + (random() - 0.5) * 0.4
      raw[i] = next
      values[i] = i % 10 < 7 ? Math.round(next * 100) / 100 : next
    }
    yield values
  }
}

/** 2026-11-01T00:00:00Z in milliseconds: where the set begins. */
export const BEGIN_MS = Date.UTC(2026, 10, 1)
