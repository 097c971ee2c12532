import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { connectors } from '../../src/connectors/index.ts'
import type { SourceContext } from '../../src/core/connector.ts'
import { silent } from '../../src/core/log.ts'
import { ReasonSets } from '../../src/core/reasons.ts'
import { SignalTable } from '../../src/core/signals.ts'
import { statusName } from '../../src/core/status.ts'
import { systemClock } from '../../src/core/time.ts'
import { carouselState } from './carousel.ts'
import { chillerState } from './chiller.ts'
import { airportConfig, FIXED_ENDPOINTS } from './config.ts'
import { airportContracts } from './contracts.ts'
import { crowd, momentAt } from './day.ts'
import { type Endpoints, fleetOf } from './fleet.ts'
import { flightsAt } from './flights.ts'
import { meterState } from './meter.ts'
import { ordersAt } from './orders.ts'
import type { Point } from './point.ts'
import { bridgeAway } from './story.ts'

const at = (second: number) => momentAt(second * 1000, 0)
const allPoints = (scale: number): Point[] => {
  const { carousels, energy, cooling, gates } = fleetOf(scale, 0)
  return [
    ...carousels.flat(),
    ...[...energy, ...cooling].flat().flatMap(({ points }) => points),
    ...gates.flatMap(({ gatePoints, bridgePoints }) => [...gatePoints, ...bridgePoints]),
  ]
}

test('about 200 points, scaled as asked, every id once', () => {
  assert.equal(allPoints(1).length, 204)
  assert.equal(new Set(allPoints(7).map(({ id }) => id)).size, 7 * 204)
})

test('over two days every number is finite; away from the story every number is within its range; the same seed says the same', () => {
  const again = allPoints(1)
  allPoints(1).forEach((point, i) => {
    const troubled = point.id.includes('carousel-3')
    for (let second = 0; second < 2 * 8_640; second += 61) {
      const value = point.value(at(second))
      assert.equal(value, again[i]?.value(at(second)))
      if (typeof value !== 'number') continue
      assert.ok(Number.isFinite(value), `${point.id} at ${second} s`)
      const [low, high] = point.range ?? [-Infinity, Infinity]
      assert.ok(troubled || (value >= low && value <= high), `${point.id} is ${value} at ${second} s`)
    }
  })
})

test('the story: the motor of carousel 3 draws more and more, jams, trips, is repaired, and it begins again', () => {
  const current = (second: number) => carouselState(0, 3, at(second)).current
  const mean = (from: number) => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].reduce((sum, i) => sum + current(from + i), 0) / 10
  assert.ok(mean(60) > mean(0) + 0.8, 'visible within a minute')
  assert.ok(mean(115) > mean(0) + 4, 'obvious within two')
  assert.ok(mean(115) > 9, 'beyond what its range calls sound')
  const jammed = carouselState(0, 3, at(134))
  assert.deepEqual([jammed.state, jammed.speed, jammed.current > 15], ['FAULT', 0, true])
  const tripped = carouselState(0, 3, at(150))
  assert.deepEqual([tripped.state, tripped.current], ['FAULT', 0])
  assert.equal(carouselState(0, 3, at(200)).state, 'MAINTENANCE')
  const repaired = carouselState(0, 3, at(240))
  assert.ok(repaired.state === 'RUNNING' && repaired.current < 7)
  assert.equal(carouselState(0, 3, at(434)).state, 'FAULT', 'again after 300 s')
})

test('the plant follows the day, and its figures agree with each other', () => {
  const power = (minute: number) => meterState(0, 2, { second: (minute - 390) * 6, minute }).power
  assert.ok(power(450) > 2 * power(180), 'the morning rush draws far more than the night')
  assert.ok(crowd(450) > 0.8 && crowd(120) < 0.2)
  const { thermal, flow, back, supply } = chillerState(0, 1, at(600))
  assert.ok(Math.abs(thermal - flow * (back - supply) * 1.163) < 1e-9)
  let integral = 0
  for (let second = 0; second < 3_600; second++) integral += meterState(0, 0, at(second + 0.5)).power / 3_600
  const counted = meterState(0, 0, at(3_600)).energy - meterState(0, 0, at(0)).energy
  assert.ok(Math.abs(counted / integral - 1) < 0.02, `the counter moved by ${counted}, power adds up to ${integral}`)
})

test('a flight’s last bag is an estimate until it is corrected; carousel 3 jams under its first flight, and an order is written', () => {
  const at = (second: number) => flightsAt(0, 6, { second, minute: 390 + second / 6 }, 0).filter(({ belt }) => belt === 'Belt 3')
  const [first] = at(0)
  assert.ok(first)
  assert.equal(first.first_bag, new Date(60_000).toISOString())
  const corrected = at(400).find(({ id }) => id === first.id)
  assert.equal(corrected?.status, 'CLOSED')
  assert.notEqual(corrected?.last_bag, first.last_bag)
  assert.deepEqual(
    [100, 150, 200, 240].map((second) => ordersAt(second * 1000, 0).find(({ asset }) => asset === 'CAR-03')?.status),
    [undefined, 'APPROVED', 'IN PROGRESS', 'COMPLETE'],
  )
})

test('one bridge is away for 20 s in every 180', () => {
  const away = Array.from({ length: 1_800 }, (_, second) => bridgeAway(0, second)).filter(Boolean).length
  assert.equal(away, 200)
})

test('the committed ecluse.yaml and contracts are what config.ts and contracts.ts write', () => {
  for (const [path, text] of Object.entries({ 'ecluse.yaml': airportConfig(FIXED_ENDPOINTS, 1), ...airportContracts() }))
    assert.equal(readFileSync(join(import.meta.dirname, path), 'utf8'), text, 'write it again: node examples/airport/write-config.ts')
})

interface RawConnection {
  readonly kind: string
  readonly signals: unknown[]
}

function connectionsOf(yaml: string): [string, object, string][] {
  const { connections } = parse(yaml) as { connections: Record<string, RawConnection & Record<string, unknown>> }
  return Object.entries(connections).map(([name, { kind, label: _label, silence: _silence, zone: _zone, ...own }]) => [name, own, kind])
}

test('every connection of every scale is what its connector accepts, without an error of its lint', () => {
  const endpoints: Endpoints = {
    ...FIXED_ENDPOINTS,
    energy: [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
  }
  for (const scale of [1, 50]) {
    for (const [name, own, kind] of connectionsOf(airportConfig(endpoints, scale))) {
      const connector = connectors.find((candidate) => candidate.kind === kind)
      const parsed = connector?.config.safeParse(own)
      assert.ok(parsed?.success, `${name}: ${parsed?.error?.message.slice(0, 500)}`)
      assert.deepEqual(connector?.lint?.(parsed.data).filter(({ level }) => level === 'error') ?? [], [], name)
    }
  }
})

async function plant(...args: string[]): Promise<{ child: ChildProcess; endpoints: Endpoints; opcuaReady: Promise<unknown> }> {
  const child = fork(join(import.meta.dirname, 'plant.ts'), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [endpoints] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [undefined])])) as [Endpoints | undefined]
  assert.ok(endpoints, 'the plant ended before it was ready')
  return { child, endpoints, opcuaReady: once(child, 'message') }
}

test('the plant as a process: all 204 signals and the IT records arrive over their protocols, and only the old meter’s register is Bad', {
  timeout: 60_000,
}, async (t) => {
  const { child, endpoints, opcuaReady } = await plant()
  t.after(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    assert.deepEqual((await ended).slice(0, 1), [0])
  })
  await opcuaReady
  const directory = mkdtempSync(join(tmpdir(), 'airport-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const signals = new SignalTable()
  const reasons = new ReasonSets()
  const got = new Map<string, string>()
  const recordRows = new Map<string, number>()
  const expected = allPoints(1).map(({ id }) => `t2e/${id}`)
  for (const [name, own, kind] of connectionsOf(airportConfig(endpoints, 1))) {
    const connector = connectors.find((candidate) => candidate.kind === kind)
    assert.ok(connector)
    const context: SourceContext = {
      connection: name,
      site: 't2e',
      signals,
      reasons,
      clock: systemClock,
      log: silent,
      directory,
      random: () => 0.5,
    }
    if (!connector.source) {
      const { clock, log, random } = context
      const records = connector.records?.(connector.config.parse(own), {
        connection: name,
        clock,
        log,
        random,
        directory,
        cursor: () => undefined,
      })
      assert.ok(records, `${name} has samples or records`)
      t.after(() => records.close())
      await records.connect(t.signal)
      recordRows.set(name, (await records.read(t.signal)).rows.length)
      await records.close()
      continue
    }
    const source = connector.source(connector.config.parse(own), context)
    t.after(() => source.close())
    await source.connect(t.signal)
    const wanted = expected.filter((id) => id.startsWith(`t2e/${name}/`))
    assert.ok(wanted.length > 0)
    while (wanted.some((id) => !got.has(id))) {
      const { batch, ack } = await source.read(t.signal)
      for (let i = 0; i < batch.count; i++) got.set(signals.at(batch.signal[i] as number)?.id ?? '?', statusName(batch.status[i] as number))
      ack?.()
    }
    await source.close()
  }
  assert.deepEqual([...got.keys()].sort(), expected.sort())
  assert.ok((recordRows.get('flights') ?? 0) > 5, 'arrivals of six carousels')
  assert.equal(recordRows.get('maintenance'), 1, 'the inspection that was planned long ago')
  const bad = [...got].filter(([, status]) => status !== 'Good')
  assert.deepEqual(bad, [['t2e/energy/departure-lounge/power-factor', 'BadNotFound']])
  assert.ok(signals.all().every(({ label }) => label?.fr && label.en))
})
