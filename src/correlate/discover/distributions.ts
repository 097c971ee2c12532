/** P(|Z| >= |z|) of the standard normal distribution (complementary error function by Numerical Recipes' Chebyshev fit, relative error below 1.2e-7). */
export function normalTails(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + x / 2)
  const series = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
  ]
  return t * Math.exp(-x * x + series.reduceRight((sum, c) => sum * t + c, 0))
}

/** P(|T| >= |t|) of Student's distribution. `df` need not be whole. */
export function studentTails(t: number, df: number): number {
  if (!(df > 0)) return 1
  return Number.isFinite(t) ? incompleteBeta(df / (df + t * t), df / 2, 0.5) : 0
}

const LANCZOS = [76.18009173, -86.50532033, 24.01409822, -1.231739516, 0.00120858003, -0.00000536382]

/** Lanczos' approximation with six terms: better than 2e-10. */
function logGamma(x: number): number {
  const base = x + 4.5
  const sum = LANCZOS.reduce((all, c, i) => all + c / (x + i), 1)
  return (x - 0.5) * Math.log(base) - base + Math.log(2.50662827465 * sum)
}

/** Regularised, by its continued fraction (Lentz). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let h = d
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    h *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    h *= d * c
    if (Math.abs(d * c - 1) < 1e-12) break
  }
  return h
}
