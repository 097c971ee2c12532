import { cleanRun, steadyStream } from './attacks/clean.ts'
import { demoDay } from './attacks/demo-day.ts'
import { caughtAfter, SCENARIOS, teach } from './attacks/scenarios.ts'
import { openWorld } from './attacks/world.ts'
import type { Figure } from './report.ts'

/** Attacks on a plant of real simulators whose wire is mirrored, then a day in which nothing happens. */
export const title = 'Attacks'

/** A day of the demo's plant. */
const DEMO_HOURS = 2.4
const HOURS = Number(process.env.ECLUSE_HOURS ?? 24)

export async function measure(): Promise<Figure[]> {
  const world = await openWorld()
  const figures: Figure[] = []
  let caught = 0
  try {
    await teach(world)
    for (const scenario of SCENARIOS) {
      const after = await caughtAfter(world, scenario)
      if (after !== undefined) caught++
      figures.push({
        what: `${scenario.technique} ${scenario.name}`,
        unit: 's',
        runs: [after === undefined ? Number.NaN : after / 1000],
        aim: '≤ 5 s or two polls',
        note: scenario.by,
      })
    }
  } finally {
    await world.close()
  }
  const clean = await cleanRun(HOURS)
  const demo = await demoDay(DEMO_HOURS)
  for (const alert of [...clean.alerts, ...demo.alerts]) console.log(`false alert: ${alert}`)
  return [
    { what: `caught of ${SCENARIOS.length}`, unit: 'scenarios', runs: [caught], aim: `${SCENARIOS.length}` },
    ...figures,
    {
      what: `false alerts in ${HOURS} simulated hours`,
      unit: 'alerts',
      runs: [clean.alerts.length],
      aim: '0',
      note: `${clean.packets.toLocaleString('en')} packets, ${clean.samples.toLocaleString('en')} samples`,
    },
    {
      what: `false alerts in ${DEMO_HOURS} hours of the demo’s plant, a day of it`,
      unit: 'alerts',
      runs: [demo.alerts.length],
      aim: '0',
      note: `${demo.samples.toLocaleString('en')} samples`,
    },
    {
      what: 'processor, 1,000 packets/s and 10,000 samples/s',
      unit: '% of one core',
      runs: [100 * (await steadyStream(1_000, 10_000, 60))],
      aim: '≤ 5',
      note: 'making the frames included',
    },
    { what: 'processor, at that rate', unit: '% of one core', runs: [100 * clean.cpuPerSecond], aim: '≤ 5' },
  ]
}
