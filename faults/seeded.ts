/** Random numbers, 0 <= n < 1, the same for the same seed (mulberry32): what fails once fails again. */
export function seeded(seed: string | number): () => number {
  let state = 0
  for (const c of String(seed)) state = (Math.imul(state, 31) + c.charCodeAt(0)) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
