/** Share of its variance that a column keeps at least; what is left of a copy is rounding. */
const LEAST_LEFT = 1e-6

/** Takes out of the columns what a linear regression on others explains (Gram and Schmidt); all are changed in place. */
export function takeOut(others: readonly Float64Array[], columns: readonly Float64Array[]): void {
  const [first] = others
  if (!first) return
  const base = [new Float64Array(first.length).fill(1 / Math.sqrt(first.length))]
  for (const other of others) {
    reduce(other, base)
    const length = Math.sqrt(dot(other, other))
    if (length > 0) base.push(other.map((value) => value / length))
  }
  for (const column of columns) reduce(column, base)
}

function reduce(column: Float64Array, base: readonly Float64Array[]): void {
  const whole = dot(column, column)
  for (const one of base) {
    const share = dot(column, one)
    for (const [i, value] of one.entries()) column[i] = (column[i] as number) - share * value
  }
  if (dot(column, column) <= LEAST_LEFT * whole) column.fill(0)
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
