import { interpolatedBound } from './bounds.ts'
import type { Compute } from './intervals.ts'

/** The value at the start of the interval (OPC 10000-13, 5.4.3.4). */
export const interpolative: Compute = (history, { start, first }) => {
  const { value, status } = interpolatedBound(history, start, first, history.configuration.stepped)
  return { time: start, value: Number.isNaN(value) ? null : value, status }
}
