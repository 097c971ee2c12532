import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder } from './batch.ts'
import { ReasonSets } from './reasons.ts'
import { statusName } from './status.ts'
import { formatTime, HOUR, MINUTE, type Micros, parseTime, SECOND } from './time.ts'
import { PreviousTimes, toUtc } from './to-utc.ts'
import { isZone, ZONE_YEARS, Zone } from './zone.ts'

const ZONES = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Africa/Casablanca', 'Pacific/Apia', 'UTC']
const LATER = parseTime('2030-01-01T00:00:00Z')

/** Converts wall-clock times of one signal that were all received at once. */
function convert(zoneName: string, walls: readonly Micros[], receivedTime = LATER) {
  const reasons = new ReasonSets()
  const builder = new BatchBuilder(walls.length)
  for (const wall of walls) builder.push(0, wall, 1, 0)
  const batch = builder.build(receivedTime)
  toUtc(batch, new Zone(zoneName), reasons, new PreviousTimes())
  return walls.map((_, i) => ({
    utc: batch.sourceTime[i] as number,
    status: statusName(batch.status[i] as number),
    reasons: reasons.names(batch.reasons[i] as number),
  }))
}

/** What a device on local time would write; the zone's offset asked of Intl for this very instant. */
const wallOf = (zone: Zone, utc: Micros): Micros => utc + zone.offsetAt(utc)

test('every five minutes of a year come back, in every zone', () => {
  for (const name of ZONES) {
    const zone = new Zone(name)
    const start = parseTime('2026-01-01T00:00:00Z')
    // Zones change on a half hour, so an offset asked of Intl stands for six times.
    const halves = Array.from({ length: 366 * 48 }, (_, i) => start + i * 30 * MINUTE)
    const utcs = halves.flatMap((half) => [0, 5, 10, 15, 20, 25].map((minutes) => half + minutes * MINUTE))
    const offsets = halves.map((half) => zone.offsetAt(half))
    const back = convert(
      name,
      utcs.map((utc, i) => utc + (offsets[Math.floor(i / 6)] as number)),
    )
    const wrong = back.findIndex(({ utc, status }, i) => utc !== utcs[i] || status !== 'Good')
    assert.equal(wrong, -1, `${name}: ${formatTime(utcs[wrong] ?? 0)} came back as ${formatTime(back[wrong]?.utc ?? 0)}`)
  }
})

test('any hour of any year comes back, or is in doubt with the right one an offset away', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), fc.integer({ min: 1995, max: 2035 }), fc.integer({ min: 0, max: 8759 }), (name, year, hour) => {
      const zone = new Zone(name)
      const utc = Date.UTC(year, 0, 1, hour) * 1000
      const [got] = convert(name, [wallOf(zone, utc)], parseTime('2040-01-01T00:00:00Z'))
      if (got?.status === 'Good') assert.equal(got.utc, utc)
      else {
        assert.deepEqual(got?.reasons, ['dst-fold'])
        assert.ok(got.utc === utc || [HOUR, HOUR / 2].includes(got.utc - utc))
      }
    }),
    { numRuns: 300 },
  )
})

const FOLDS = [
  { zone: 'Europe/Paris', change: '2026-10-25T01:00:00Z', lengthUs: HOUR },
  { zone: 'America/New_York', change: '2026-11-01T06:00:00Z', lengthUs: HOUR },
  { zone: 'Australia/Lord_Howe', change: '2026-04-04T15:00:00Z', lengthUs: HOUR / 2 },
]

test('the hour that comes twice: continuity with the signal’s own previous time decides', () => {
  for (const { zone, change, lengthUs } of FOLDS) {
    const at = parseTime(change)
    const utcs = Array.from({ length: 240 }, (_, i) => at - 2 * lengthUs + (i * lengthUs) / 60)
    const walls = utcs.map((utc) => wallOf(new Zone(zone), utc))
    assert.ok(new Set(walls).size < walls.length, 'some wall-clock times came twice')
    const back = convert(zone, walls)
    assert.deepEqual(
      back.map(({ utc, status }) => [utc, status]),
      utcs.map((utc) => [utc, 'Good']),
      zone,
    )
  }
})

test('a sample that comes late within the fold stays in its hour', () => {
  const before = Array.from({ length: 60 }, (_, i) => parseTime('2026-10-24T23:30:00Z') + i * MINUTE)
  const utcs = [...before, ...['2026-10-25T00:30:00Z', '2026-10-25T00:29:55Z', '2026-10-25T00:30:05Z'].map(parseTime)]
  const back = convert(
    'Europe/Paris',
    utcs.map((utc) => utc + 2 * HOUR),
  )
  assert.deepEqual(
    back.map(({ utc, status }) => [utc, status]),
    utcs.map((utc) => [utc, 'Good']),
  )
})

test('nothing decides: Uncertain with dst-fold; our own clock decides where one of the two has not come yet', () => {
  for (const { zone, change, lengthUs } of FOLDS) {
    const first = parseTime(change) - lengthUs / 2
    const wall = wallOf(new Zone(zone), first)
    assert.deepEqual(convert(zone, [wall]), [{ utc: first + lengthUs, status: 'Uncertain', reasons: ['dst-fold'] }], zone)
    assert.deepEqual(convert(zone, [wall], first + SECOND), [{ utc: first, status: 'Good', reasons: [] }], zone)
  }
})

test('the hour that never comes: Uncertain with dst-gap', () => {
  const walls = ['2026-03-29T01:59:59Z', '2026-03-29T02:30:00Z', '2026-03-29T03:00:00Z'].map(parseTime)
  assert.deepEqual(
    convert('Europe/Paris', walls).map(({ utc, reasons }) => [formatTime(utc), reasons]),
    [
      ['2026-03-29T00:59:59.000Z', []],
      ['2026-03-29T01:30:00.000Z', ['dst-gap']],
      ['2026-03-29T01:00:00.000Z', []],
    ],
  )
})

test('times of arrival are ours already, and what no calendar holds does no harm', () => {
  assert.equal(convert('Europe/Paris', [LATER])[0]?.utc, LATER)
  for (const wall of [Number.NaN, -1e300, 1e300, parseTime('1601-01-01T00:00:00Z')]) assert.equal(convert('Europe/Paris', [wall]).length, 1)
  const zone = new Zone('Europe/Paris')
  for (let year = 1900; year < 2100; year++) {
    zone.span(Date.UTC(year, 6, 1) * 1000)
    assert.ok(zone.size <= ZONE_YEARS)
  }
  assert.deepEqual(['Europe/Paris', 'Mars/Olympus'].map(isZone), [true, false])
})
