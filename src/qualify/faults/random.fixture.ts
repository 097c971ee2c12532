/** Random numbers from a seed. */
export interface Random {
  /** Uniform in `low .. high`. */
  between(low: number, high: number): number
  /** Whole number in `low .. high`, both included. */
  whole(low: number, high: number): number
  normal(sigma: number): number
  pick<T>(list: readonly T[]): T
}

/** mulberry32, small and fast; normal numbers by Box and Muller. */
export function randomFrom(seed: number): Random {
  let a = seed >>> 0
  const next = (): number => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const whole = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return {
    between: (low, high) => low + next() * (high - low),
    whole,
    normal: (sigma) => sigma * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: (list) => list[whole(0, list.length - 1)] as (typeof list)[number],
  }
}
