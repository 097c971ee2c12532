import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rank, Status } from '../core/status.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { eventFrame } from './config.ts'
import { Driver } from './driver.fixture.ts'
import { events } from './events.ts'
import { arrive, isBad, LAST, naiveSample, type Stream, streams } from './streams.fixture.ts'

const numRuns = cases(300, 20_000)

type Truth = boolean | undefined
const and = (a: Truth, b: Truth): Truth => (a === false || b === false ? false : a && b ? true : undefined)
const or = (a: Truth, b: Truth): Truth => (a || b ? true : a === false && b === false ? false : undefined)
const not = (a: Truth): Truth => (a === undefined ? undefined : !a)
const than = (a: number | undefined, b: number, sign: 1 | -1): Truth => (a === undefined ? undefined : (a - b) * sign > 0)
type N = number | undefined

/** Conditions as CEL, and as they are meant. */
const CONDITIONS = [
  { start: 'x > 5', begins: (x: N) => than(x, 5, 1) },
  { start: 'x > 5 && y > 3', begins: (x: N, y: N) => and(than(x, 5, 1), than(y, 3, 1)) },
  { start: 'x > 6 || y > 6', begins: (x: N, y: N) => or(than(x, 6, 1), than(y, 6, 1)) },
  { start: 'x > 5', end: 'x < 3', begins: (x: N) => than(x, 5, 1), ends: (x: N) => than(x, 3, -1) },
  {
    start: 'y > 4',
    end: 'x < 3 || y < 1',
    begins: (_: N, y: N) => than(y, 4, 1),
    ends: (x: N, y: N) => or(than(x, 3, -1), than(y, 1, -1)),
  },
] as const satisfies readonly { start: string; end?: string; begins: (x: N, y: N) => Truth; ends?: (x: N, y: N) => Truth }[]

interface Rules {
  readonly condition: (typeof CONDITIONS)[number]
  readonly tolerance: number
  readonly minimum: number
  readonly mergeGap: number
  readonly maximum: number
}

const rules: fc.Arbitrary<Rules> = fc.record({
  condition: fc.constantFrom(...CONDITIONS),
  tolerance: fc.integer({ min: 1, max: 40 }),
  minimum: fc.constantFrom(0, 0, 3, 10),
  mergeGap: fc.constantFrom(0, 0, 2, 8),
  maximum: fc.constantFrom(15, 40, 10_000),
})

const attributes = { peak: { signal: 'z', function: 'Maximum' }, mean: { signal: 'z', function: 'TimeAverage2' } }

function derivationOf({ condition, tolerance, minimum, mergeGap, maximum }: Rules) {
  const { start } = condition
  const end = 'end' in condition && { end: condition.end }
  const times = { tolerance: `${tolerance}us`, minimum: `${minimum}us`, mergeGap: `${mergeGap}us`, maximum: `${maximum}us` }
  const known = { ids: () => ['s/x', 's/y', 's/z'], signal: () => ({ unit: 'A' }) }
  return events(eventFrame.parse({ id: 'e', inputs: { x: 'x', y: 'y' }, start, ...end, ...times, attributes }), 's', known)
}

/** Microsecond by microsecond, from long before the first sample. */
function oracle(stream: Stream, { condition, tolerance, minimum, mergeGap, maximum }: Rules) {
  const [first, last] = [-maximum - 10 > -200 ? -maximum - 10 : -200, LAST]
  const length = last - first + 1
  const at = (signal: string, t: number): N => {
    const found = naiveSample(stream, signal, t, tolerance)
    return isBad(found) ? undefined : found?.value
  }
  const begins: Truth[] = []
  const ends: Truth[] = []
  for (let t = first; t <= last; t++) {
    const [x, y] = [at('s/x', t), at('s/y', t)]
    begins.push(condition.begins(x, y))
    ends.push('ends' in condition ? condition.ends(x, y) : not(condition.begins(x, y)))
  }
  // Unknown for long: it ended when that began.
  const closed = ends.map((end) => end === true)
  for (let i = 0; i < length; i++) {
    let j = i
    while (j < length && ends[j] === undefined && begins[j] !== true) j++
    if (j - i >= maximum) closed.fill(true, i, j)
    i = Math.max(i, j - 1)
  }
  const read = new Set(stream.arrivals.flatMap(({ signal, time }) => (signal === 's/z' ? [] : [time])))
  let open = false
  const isOpen = closed.map(
    (isClosed, i) => (open = !isClosed && (open || (begins[i] === true && ends[i] !== true && read.has(i + first)))),
  )
  for (let i = 0; i < length; i++) {
    if (isOpen[i] || !isOpen[i - 1]) continue
    const next = isOpen.indexOf(true, i)
    if (next >= 0 && next - i < mergeGap) isOpen.fill(true, i, next)
  }
  const frames: string[] = []
  for (let i = 0; i < length; i++) {
    if (!isOpen[i] || isOpen[i - 1]) continue
    const stop = isOpen.indexOf(false, i)
    const end = stop < 0 ? length : stop
    for (let from = i; from < end; from += maximum) {
      const to = Math.min(end, from + maximum)
      if (end - i <= maximum && to - from < minimum) continue
      const isClean = ends.slice(from, to).every((one) => one !== undefined) && !(begins[from - 1] === undefined && ends[from - 1] !== true)
      frames.push(`${from + first} ${to === length ? null : to + first} ${isClean}`)
    }
  }
  return frames
}

/** What was read in time began an event of several pieces; a second reading of that time says that it never began. */
const PIECES: Stream = {
  arrivals: [
    { signal: 's/x', time: 0, value: 0, status: 0 },
    { signal: 's/x', time: 1, value: 6, status: 0 },
    { signal: 's/x', time: 42, value: 0, status: 0 },
    { signal: 's/x', time: 1, value: 0, status: Status.BadNoCommunication },
  ],
  batches: [
    { size: 3, lag: 0 },
    { size: 1, lag: 0 },
  ],
}

test(`events follow from the history alone, in whatever order it comes (${numRuns} streams)`, async () => {
  let found = 0
  await fc.assert(
    fc.asyncProperty(streams(['s/x', 's/y', 's/z']), rules, async (stream, given) => {
      const live = new Driver(derivationOf(given))
      await arrive(live, stream)
      const whole = new Driver(derivationOf(given), live.history)
      const outcomes = await derivationOf(given).compute([{ definition: 'e', key: 's', from: 0, to: LAST }], whole.history, {
        ...{ watermark: LAST, cause: 'first' },
      })
      const told = ({ from, to, values }: (typeof outcomes)[0]['facts'][0]) => ({ from, to, values })
      const batch = outcomes.flatMap(({ facts }) => facts)
      assert.deepEqual(live.facts().map(told), batch.map(told))
      const expected = oracle(stream, given)
      assert.deepEqual(
        batch.map(({ from, to, values }) => `${from} ${to} ${!values.duration?.reasons?.includes('input-unknown')}`),
        expected,
      )
      found += batch.length
      for (const { from, to, values } of batch) notCleaner(stream, given, from, to ?? LAST + 1, values)
    }),
    { numRuns, examples: [[PIECES, { condition: CONDITIONS[0], tolerance: 1, minimum: 0, mergeGap: 0, maximum: 40 }]] },
  )
  assert.ok(found > numRuns / 2, `${found} events`)
})

/** Nothing is Good where something it was made of is not. */
function notCleaner(
  stream: Stream,
  { tolerance }: Rules,
  from: number,
  to: number,
  values: Readonly<Record<string, { status: number }>>,
): void {
  for (let t = from; t < to; t++) {
    const [x, y, z] = ['s/x', 's/y', 's/z'].map((signal) => naiveSample(stream, signal, t, tolerance))
    const { start } = { start: values.duration?.status ?? 0 }
    if (isBad(x) && isBad(y)) assert.notEqual(rank(start), 0)
    if (isBad(z) && t - from > 1 && to - t > 1) for (const name of ['peak', 'mean']) assert.notEqual(rank(values[name]?.status ?? 0), 0)
  }
}
