/** Deterministic irregularity: the same seed and time always give the same number. */

/** 0 <= n < 1, from a 32-bit mix of both numbers. */
export function hash(seed: number, n: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(Math.floor(n) + 0x7f4a7c15, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}

/** Roughly normal, mean 0, standard deviation about 0.4, within -1..1; another value at every whole `n`. */
export function jitter(seed: number, n: number): number {
  return (hash(seed, n) + hash(seed + 101, n) + hash(seed + 202, n)) / 1.5 - 1
}

/** Smooth wandering between -1 and 1: whole values of `x` are independent, between them it eases. */
export function wander(seed: number, x: number): number {
  const at = Math.floor(x)
  const part = x - at
  const ease = part * part * (3 - 2 * part)
  return (hash(seed, at) * (1 - ease) + hash(seed, at + 1) * ease) * 2 - 1
}

/** What an instrument with this resolution shows. */
export function quantise(value: number, step: number): number {
  const steps = Math.round(value / step)
  const inverse = Math.round(1 / step)
  return inverse > 1 && Math.abs(1 / inverse - step) < 1e-12 ? steps / inverse : steps * step
}

/** A seed of its own for each thing with a name. */
export function seedOf(seed: number, name: string): number {
  let h = seed
  for (let i = 0; i < name.length; i++) h = (Math.imul(h, 31) + name.charCodeAt(i)) | 0
  return h
}
