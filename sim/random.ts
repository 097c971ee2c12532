/** 0 <= n < 1. */
export type Random = () => number

/** A stream of numbers that the seed and the name decide: what one part draws changes nothing for the others. */
export function seeded(seed: number, name: string): Random {
  let state = seed >>> 0
  for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let n = Math.imul(state ^ (state >>> 15), state | 1)
    n ^= n + Math.imul(n ^ (n >>> 7), n | 61)
    return ((n ^ (n >>> 14)) >>> 0) / 2 ** 32
  }
}

export const chance = (random: Random, share: number): boolean => random() < share
export const between = (random: Random, low: number, high: number): number => low + (high - low) * random()
export const whole = (random: Random, low: number, high: number): number => Math.floor(between(random, low, high + 1))
export const pick = <T>(random: Random, choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T
/** Waiting time for what happens once in `mean` on average. */
export const exponential = (random: Random, mean: number): number => -Math.log(1 - random()) * mean
/** As many short ones as long ones, by order of magnitude. */
export const logarithmic = (random: Random, low: number, high: number): number => low * (high / low) ** random()
