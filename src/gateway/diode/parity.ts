/**
 * Parity shards that `data` shards need, so that a block is lost with at most the probability `target` when each of its datagrams is lost with
 * the probability `loss`, independently: the smallest m with P(X > m) ≤ target, X binomial with data + m trials.
 *
 * With the defaults (32 data shards, 5 % loss, 10^-10) that is 16: P = 7.3 · 10^-11. At 100 Mbit/s of data, 270 full blocks a second, one block in 1.6
 * years; a stream of small blocks is flushed at most 20 times a second and gets more parity for its size (7 for one shard, 3.9 · 10^-11).
 * Throws RangeError when data + parity would exceed 255.
 */
export function parityFor(data: number, loss: number, target: number): number {
  for (let parity = 0; data + parity <= 255; parity++) {
    if (lostWith(data, parity, loss) <= target) return parity
  }
  throw new RangeError(`${data} data shards and ${loss} loss need more than 255 shards in all`)
}

/** The probability that more than `parity` of `data + parity` datagrams are lost. */
export function lostWith(data: number, parity: number, loss: number): number {
  if (loss <= 0) return 0
  const total = data + parity
  let sum = 0
  let logChoose = 0
  for (let lost = 0; lost <= total; lost++) {
    if (lost > 0) logChoose += Math.log(total - lost + 1) - Math.log(lost)
    if (lost > parity) sum += Math.exp(logChoose + lost * Math.log(loss) + (total - lost) * Math.log1p(-loss))
  }
  return sum
}
