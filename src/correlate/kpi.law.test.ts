import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Fact } from '../core/facts.ts'
import type { RecordKind } from '../core/it-records.ts'
import { MemoryHistory } from '../core/memory-history.fixture.ts'
import { rank, Status } from '../core/status.ts'
import { DAY, HOUR, MINUTE, parseTime } from '../core/time.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { kpi } from './config.ts'
import { createKpi } from './kpi.ts'

const numRuns = cases(30, 3_000)
const PLACE = 'line-1'
const HOLD = 90
const MINUTES = (4 * DAY) / MINUTE

/** Days around a change of the clocks: at night, at midnight into the next hour, back over midnight, by half an hour; and none. */
const ZONES = [
  ['Europe/Paris', '2026-10-24T12:00:00Z'],
  ['Europe/Paris', '2026-03-28T12:00:00Z'],
  ['Africa/Cairo', '2026-04-23T06:00:00Z'],
  ['America/Havana', '2026-10-31T12:00:00Z'],
  ['America/Santiago', '2026-09-05T12:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T00:00:00Z'],
  ['UTC', '2026-11-26T00:00:00Z'],
] as const

interface Given {
  readonly where: (typeof ZONES)[number]
  readonly readings: readonly {
    readonly signal: 'running' | 'power' | 'made'
    readonly at: number
    readonly value: number
    readonly status: number
  }[]
  readonly stops: readonly { readonly at: number; readonly length: number; readonly isWithdrawn: boolean }[]
  readonly orders: readonly {
    readonly key: string
    readonly at: number
    readonly pieces: number
    readonly isDeleted: boolean
    readonly isElsewhere: boolean
  }[]
}

const minute = fc.integer({ min: 0, max: MINUTES - 1 })
const given: fc.Arbitrary<Given> = fc.record({
  where: fc.constantFrom(...ZONES),
  readings: fc.array(
    fc.record({
      signal: fc.constantFrom('running' as const, 'power' as const, 'made' as const),
      at: minute,
      value: fc.integer({ min: 0, max: 9 }),
      status: fc.constantFrom(0, 0, 0, 0, Status.Uncertain, Status.BadNoCommunication),
    }),
    { minLength: 1, maxLength: 160, size: 'max' },
  ),
  stops: fc.array(fc.record({ at: minute, length: fc.integer({ min: 1, max: 900 }), isWithdrawn: fc.boolean() }), { maxLength: 6 }),
  orders: fc.array(
    fc.record({
      ...{ key: fc.constantFrom('a', 'b', 'c', 'd'), at: minute, pieces: fc.integer({ min: 1, max: 9 }) },
      ...{ isDeleted: fc.boolean(), isElsewhere: fc.boolean() },
    }),
    { maxLength: 8 },
  ),
})

const field = { required: false } as const
const orders: RecordKind = {
  ...{ name: 'orders', key: ['id'], validity: { from: 'start', to: 'end' }, equipment: { field: 'line' }, authority: { default: ['erp'] } },
  fields: {
    ...{
      id: { ...field, type: 'text' },
      start: { ...field, type: 'time' },
      end: { ...field, type: 'time' },
      line: { ...field, type: 'text' },
    },
    pieces: { ...field, type: 'number', unit: '1' },
  },
}
const units: Readonly<Record<string, string>> = { running: '1', power: 'kW', made: '1' }
const context = {
  ...{ site: 'site', kinds: new Map([['orders', orders]]), events: new Map([['stops', {}]]), equipment: [PLACE] },
  placeOf: ({ values }: { values: Readonly<Record<string, unknown>> }) => String(values.line),
  definitionOf: (id: string) => ({
    id,
    connection: 'c',
    address: '',
    dataType: 'number' as const,
    unit: units[id.split('/')[2] as string] ?? '1',
  }),
}
const operating = { signal: './running', function: 'DurationInStateNonZero', unit: 's' }
const failures = { count: 'stops', relation: 'begins' }
const FIGURES = {
  mtbf: { ready: 'mtbf', inputs: { operating, failures } },
  mttr: { ready: 'mttr', inputs: { repairing: { duration: 'stops' }, failures } },
  energy: {
    ready: 'energyPerUnit',
    inputs: {
      energy: { signal: './power', function: 'Total2', unit: 'kW.h' },
      made: { of: 'orders', value: 'pieces', take: 'sum', relation: 'begins' },
    },
  },
  oee: {
    ready: 'oee',
    inputs: {
      ...{ planned: { expression: '28800', unit: 's' }, running: operating, cycle: { expression: '60', unit: 's' } },
      ...{
        made: { signal: './made', function: 'Delta', unit: '1' },
        good: { of: 'orders', value: 'pieces', take: 'sum', relation: 'begins' },
      },
    },
  },
} as const

/** Local dates by asking the calendar of the machine minute by minute; a day is the minutes of one date. */
function daysOf(zone: string, begin: number): { from: number; to: number }[] {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' })
  const days: { date: string; from: number; to: number }[] = []
  for (let at = begin - DAY; at < begin + 5 * DAY; at += 30 * MINUTE) {
    const date = format.format(at / 1000)
    const known = days.find((one) => one.date === date)
    if (known) known.to = at + 30 * MINUTE
    else days.push({ date, from: at, to: at + 30 * MINUTE })
  }
  return days.slice(1, -1)
}

type Told = { value: number | null; severity: number }
const known = (value: number | null, isClean: boolean): Told => ({ value, severity: value === null ? 2 : isClean ? 0 : 1 })
const over = (a: Told, b: Told): Told =>
  a.value === null || b.value === null || b.value === 0
    ? known(null, false)
    : known(a.value / b.value, Math.max(a.severity, b.severity) === 0)

/** Every figure of one day, a minute at a time, from what was told last. Shares no code with what it judges. */
function naive({ readings, stops, orders }: Given, begin: number, from: number, to: number) {
  const heldAt = (signal: string) => {
    const rows = new Map<number, (typeof readings)[number]>()
    for (const one of readings) if (one.signal === signal) rows.set(begin + one.at * MINUTE, one)
    const newest = (t: number) => {
      for (let at = t; at > t - HOLD * MINUTE; at -= MINUTE) {
        const one = rows.get(at)
        if (one) return { ...one, time: at }
      }
      return undefined
    }
    const all = Array.from({ length: (to - from) / MINUTE }, (_, i) => newest(from + i * MINUTE))
    return { all, good: all.flatMap((one) => (one && one.status === 0 ? [one] : [])) }
  }
  const isWhole = ({ all, good }: ReturnType<typeof heldAt>) => all.length === good.length
  const [running, power, made] = [heldAt('running'), heldAt('power'), heldAt('made')]
  const worked = known(running.good.length > 0 ? running.good.filter(({ value }) => value !== 0).length * 60 : null, isWhole(running))
  const energy = known(power.good.length > 0 ? power.good.reduce((sum, { value }) => sum + value, 0) / 60 : null, isWhole(power))
  const inside = made.good.filter(({ time }) => time >= from)
  const delta = known(
    inside.length > 0 ? (inside.at(-1)?.value as number) - (inside[0]?.value as number) : null,
    inside.length === made.all.length,
  )
  const open = stops
    .filter((one) => !one.isWithdrawn)
    .map(({ at, length }) => ({ from: begin + at * MINUTE, to: begin + (at + length) * MINUTE }))
  const begun = known(open.filter((one) => one.from >= from && one.from < to).length, true)
  let repairing = 0
  for (let t = from; t < to; t += MINUTE) if (open.some((one) => one.from <= t && t < one.to)) repairing += 60
  const last = new Map(orders.map((one) => [one.key, one]))
  const due = [...last.values()].filter(({ at, isDeleted, isElsewhere }) => {
    const start = begin + at * MINUTE
    return !isDeleted && !isElsewhere && start >= from && start < to
  })
  const pieces = known(
    due.reduce((sum, one) => sum + one.pieces, 0),
    true,
  )
  const availability = over(worked, known(28_800, true))
  const performance = delta.value === null ? known(null, false) : over(known(delta.value * 60, delta.severity === 0), worked)
  const quality = over(pieces, delta)
  const factors = [availability, performance, quality]
  const product = factors.some(({ value }) => value === null)
    ? known(null, false)
    : known(
        factors.reduce((sum, { value }) => sum * (value as number), 1),
        factors.every(({ severity }) => severity === 0),
      )
  const inRange = (one: Told, upper = Number.POSITIVE_INFINITY): Told =>
    one.value !== null && (one.value < 0 || one.value > upper) ? known(one.value, false) : one
  return {
    mtbf: inRange(over(worked, begun)),
    mttr: inRange(over(known(repairing, true), begun)),
    energy: inRange(over(energy, pieces)),
    oee: inRange(product, 1),
  }
}

test(`ready figures of local days, as counted a minute at a time (${numRuns} histories)`, async () => {
  let seen = 0
  await fc.assert(
    fc.asyncProperty(given, async (one) => {
      const [zone, text] = one.where
      const begin = parseTime(text)
      const history = new MemoryHistory()
      for (const { signal, at, value, status } of one.readings)
        history.sample(`site/${PLACE}/${signal}`, begin + at * MINUTE, status === Status.BadNoCommunication ? Number.NaN : value, status)
      for (const [i, { at, length, isWithdrawn }] of one.stops.entries()) {
        const from = begin + at * MINUTE
        const fact: Fact = {
          ...{ definition: 'stops', type: 'event', version: '1', key: `${PLACE}@${i}`, equipment: PLACE, inputs: [], cause: 'first' },
          ...{ from, to: from + length * MINUTE, values: {} },
        }
        history.publish(fact)
        if (isWithdrawn) history.publish({ ...fact, isWithdrawn })
      }
      for (const { key, at, pieces, isDeleted, isElsewhere } of one.orders) {
        const start = begin + at * MINUTE
        const values = { id: key, start, end: start + HOUR, line: isElsewhere ? 'line-9' : PLACE, pieces }
        history.record({ kind: 'orders', key, source: 'erp', isDeleted, values, validFrom: start, validTo: start + HOUR })
      }
      const days = daysOf(zone, begin)
      const counted = new Map(days.map(({ from, to }) => [from, naive(one, begin, from, to)]))
      for (const [name, figure] of Object.entries(FIGURES)) {
        const declared = kpi.parse({ ...figure, per: 'day', zone, equipment: PLACE, lookBack: `${HOLD}min` })
        const derivation = createKpi(name, declared, context)
        const range = { from: (days[0]?.from as number) + 1, to: (days.at(-1)?.to as number) - 1 }
        const watermark = range.to + 10 * DAY
        const found = await derivation.compute(await derivation.within(range, history), history, { watermark, cause: 'first' })
        const facts = found.flatMap((outcome) => outcome.facts)
        for (const { from, to, values } of facts) {
          // A reading holds into the day after the last one asked for.
          if (from >= range.to) continue
          const day = days.find((each) => each.from === from)
          assert.equal(to, day?.to, `${zone}: a day from ${new Date(from / 1000).toISOString()}`)
          const expected = counted.get(from)?.[name as keyof typeof FIGURES] as Told
          const { value, status } = values.value as { value: number | null; status: number }
          assert.deepEqual(
            { value: value === null ? null : Math.round(value * 1e6), severity: rank(status) },
            { value: expected.value === null ? null : Math.round(expected.value * 1e6), severity: expected.severity },
            `${name} of ${new Date(from / 1000).toISOString()}`,
          )
          seen++
        }
      }
    }),
    { numRuns },
  )
  assert.ok(seen > numRuns, `${seen} figures`)
})
