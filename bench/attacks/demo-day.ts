import { momentAt } from '../../examples/airport/day.ts'
import { fleetOf } from '../../examples/airport/fleet.ts'
import type { Point } from '../../examples/airport/point.ts'
import { BatchBuilder } from '../../src/core/batch.ts'
import { SELF } from '../../src/core/flows.ts'
import { ManualClock } from '../../src/core/manual-clock.ts'
import { parseTime } from '../../src/core/time.ts'
import type { FlowWatch } from '../../src/gateway/flows/watch.ts'
import { openWatch } from './world.ts'

const START = parseTime('2026-11-27T00:00:00Z')
const LEARNED_S = 600
/** As the demo's connections poll or are told. */
const FEEDS = [
  { name: 'baggage', protocol: 'opcua', port: 4840, service: 'Publish', everyS: 1 },
  { name: 'energy', protocol: 'modbus', port: 502, service: '3', everyS: 1 },
  { name: 'cooling', protocol: 'modbus', port: 503, service: '3', everyS: 2 },
  { name: 'gates', protocol: 'mqtt', port: 1883, service: 'PUBLISH', everyS: 1 },
] as const

interface DemoDay {
  /** Findings, each with how it reads. */
  readonly alerts: readonly string[]
  readonly samples: number
}

/**
 * The demo's own plant, with the story it tells, by a clock of its own: what every instrument shows each second, and what its connections ask. Ten minutes are learned and
 * accepted; the day of the plant, of two hours and twenty-four minutes of ours, goes on from there.
 */
export async function demoDay(hours: number, seed = 0): Promise<DemoDay> {
  const clock = new ManualClock(START)
  const { watch, close } = await openWatch(clock)
  const { carousels, energy, cooling, gates } = fleetOf(1, seed)
  const pointsOf: Readonly<Record<(typeof FEEDS)[number]['name'], readonly Point[]>> = {
    baggage: carousels.flat(),
    energy: energy.flat().flatMap(({ points }) => points),
    cooling: cooling.flat().flatMap(({ points }) => points),
    gates: gates.flatMap(({ gatePoints, bridgePoints }) => [...gatePoints, ...bridgePoints]),
  }
  // Signals are numbered over all connections, as a node does.
  const signals = new Map(
    Object.values(pointsOf)
      .flatMap((points) => points.map(({ id }) => id))
      .map((id, index) => [id, index]),
  )
  const names = [...signals.keys()]
  let samples = 0
  const step = async (second: number) => {
    for (const feed of FEEDS)
      if (second % feed.everyS === 0) samples += deliver({ watch, feed, points: pointsOf[feed.name], names, signals }, second, clock.now())
    await watch.tick()
    await clock.advance(1_000)
  }
  for (let second = 0; second < LEARNED_S; second++) await step(second)
  await watch.accept(watch.baseline().candidateHash ?? '', 'bench', 'ten minutes')
  samples = 0
  for (let second = LEARNED_S; second < LEARNED_S + hours * 3_600; second++) await step(second)
  const alerts = watch.findings().map(({ text, count }) => `${text.en} (${count} times)`)
  await close()
  return { alerts, samples }
}

interface Delivery {
  readonly watch: FlowWatch
  readonly feed: (typeof FEEDS)[number]
  readonly points: readonly Point[]
  readonly names: readonly string[]
  readonly signals: ReadonlyMap<string, number>
}

function deliver({ watch, feed, points, names, signals }: Delivery, second: number, now: number): number {
  const { name, protocol, port, service } = feed
  watch.observe({
    ...{ time: now, via: name, source: SELF, destination: `${name}.airport`, port, protocol, service, sentBytes: 12, receivedBytes: 40 },
    ...(protocol === 'modbus' && { unit: 1, address: 0, addresses: points.length }),
  })
  const at = momentAt(second * 1_000, 0)
  const batch = new BatchBuilder(points.length)
  for (const point of points) {
    const value = point.value(at)
    if (typeof value !== 'string') batch.push(signals.get(point.id) as number, now - 50_000, Number(value), 0)
  }
  const nameOf = (signal: number) => names[signal]
  watch.deliver({ connection: name, batch: batch.build(now), nameOf, isTimeless: protocol === 'modbus' })
  return batch.count
}
