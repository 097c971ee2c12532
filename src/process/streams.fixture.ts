import fc from 'fast-check'
import { Status } from '../core/status.ts'
import type { Driver } from './driver.fixture.ts'

/** One sample on its way; times are small numbers of microseconds. */
export interface Arrival {
  readonly signal: string
  readonly time: number
  readonly value: number
  readonly status: number
}

/** Samples in the order of their arrival: late ones, repeated ones, corrections; cut into batches, each with how far the watermark lags behind it. */
export interface Stream {
  readonly arrivals: readonly Arrival[]
  readonly batches: readonly { readonly size: number; readonly lag: number }[]
}

export const LAST = 120

export function streams(signals: readonly string[]): fc.Arbitrary<Stream> {
  const arrival = fc.record({
    signal: fc.constantFrom(...signals),
    time: fc.integer({ min: 0, max: LAST }),
    value: fc.integer({ min: 0, max: 9 }),
    status: fc.constantFrom(0, 0, 0, 0, 0, Status.Uncertain, Status.UncertainSubstituteValue, Status.BadNoCommunication),
  })
  const mostlyInOrder = fc.array(arrival, { maxLength: 40 }).map((all) => {
    const sorted = all.toSorted((a, b) => a.time - b.time)
    // Every fifth comes late, by some places.
    return sorted
      .flatMap((one, i) => (i % 5 === 4 ? [] : [one, ...(i % 7 === 6 ? [sorted[i - (i % 5)] as Arrival] : [])]))
      .concat(sorted.filter((_, i) => i % 5 === 4))
  })
  return fc.record({
    arrivals: fc.oneof(mostlyInOrder, fc.array(arrival, { maxLength: 30 })),
    batches: fc.array(fc.record({ size: fc.integer({ min: 1, max: 8 }), lag: fc.integer({ min: 0, max: 30 }) }), {
      minLength: 1,
      maxLength: 10,
    }),
  })
}

/** Lets the stream arrive, a batch at a time, and computes what can be computed after each. Samples are told one by one or as a stretch. */
export async function arrive(driver: Driver, { arrivals, batches }: Stream): Promise<void> {
  let watermark = -1
  for (let at = 0, turn = 0; at < arrivals.length; turn++) {
    const { size, lag } = batches[turn % batches.length] as { size: number; lag: number }
    const batch = arrivals.slice(at, at + size)
    at += size
    for (const { signal, time, value, status } of batch) driver.history.sample(signal, time, value, status)
    for (const signal of new Set(batch.map((one) => one.signal))) {
      const times = batch.filter((one) => one.signal === signal).map(({ time }) => time)
      const [from, to] = [Math.min(...times), Math.max(...times)]
      if (turn % 2 === 0) await driver.absorb({ signal, from, to })
      else for (const time of times) await driver.absorb({ signal, from: time, to: time })
    }
    watermark = Math.max(watermark, ...batch.map(({ time }) => time - lag))
    await driver.compute(watermark)
  }
  await driver.compute(LAST)
  await driver.finish(LAST)
}

/** The sample that holds at a time: of several at one time the last to arrive. */
export function naiveSample({ arrivals }: Stream, signal: string, at: number, tolerance: number): Arrival | undefined {
  let found: Arrival | undefined
  for (const one of arrivals) {
    if (one.signal === signal && one.time <= at && at - one.time <= tolerance && (!found || one.time >= found.time)) found = one
  }
  return found
}

export const isBad = (one: Arrival | undefined): boolean => one === undefined || one.status >= 0x80000000
