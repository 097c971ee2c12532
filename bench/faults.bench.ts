import { DETECTS, type Fault, type Run, runPlant, type Score } from '../src/qualify/faults/index.fixture.ts'
import type { Figure } from './report.ts'

/**
 * Faults of known kinds in simulated signals, and what the rules make of them. Recall: events with at least one wrong reading marked by a detecting reason (and,
 * for kinds that last, the share of wrong readings). Precision: of the readings marked with a detecting reason, those that an event explains; the first
 * sound reading after an event counts as wrongly marked, though the series does jump there.
 */
export const title = 'Faults: found and falsely found, by kind'

const RUNS = Number(process.env.ECLUSE_RUNS ?? 3)
const HOUR = 3_600
/** Kinds that last: their readings are counted beside their events. */
const LASTING: readonly Fault[] = ['flat-line', 'drift', 'state-swap']
const AIM = '≥ 0.95'

export async function measure(): Promise<Figure[]> {
  const clean = Array.from({ length: RUNS }, (_, run) => runPlant({ seed: 11 + run, halls: 6, seconds: 9 * HOUR, faults: false }))
  const broken = Array.from({ length: RUNS }, (_, run) => runPlant({ seed: 21 + run, halls: 6, seconds: 9 * HOUR, faults: true }))
  const [first] = broken as [Run, ...Run[]]
  return [
    falseAlarms(clean),
    ...first.scores.flatMap((_, k) => ofFault(broken.map(({ scores }) => scores[k] as Score))),
    soundBesides(broken),
  ]
}

function falseAlarms(runs: readonly Run[]): Figure {
  const samples = sum(runs, (run) => run.samples)
  return {
    what: 'false alarms, plant without faults',
    unit: 'per 100,000 samples',
    runs: runs.map((run) => (1e5 * run.falseAlarms) / run.samples),
    aim: '≤ 1',
    note: `${sum(runs, (run) => run.falseAlarms)} of ${samples.toLocaleString('en')} samples with any reason; rollovers of counters noted as such are right`,
  }
}

function ofFault(scores: readonly Score[]): Figure[] {
  const { fault } = scores[0] as Score
  const wrongly = sum(scores, (score) => score.false)
  const after = sum(scores, (score) => score.after)
  const figures: Figure[] = [
    {
      what: `${fault}: recall, events`,
      unit: '',
      runs: scores.map(({ detected, events }) => detected / events),
      aim: AIM,
      note: `${sum(scores, (score) => score.detected)} of ${sum(scores, (score) => score.events)}; by ${DETECTS[fault].join(', ')}`,
    },
    {
      what: `${fault}: precision, readings`,
      unit: '',
      runs: scores.map((score) => score.right / (score.right + score.false)),
      aim: AIM,
      note: wrongly === 0 ? 'none wrongly' : `${wrongly} wrongly, ${after} of them the first sound reading after an event`,
    },
  ]
  if (!LASTING.includes(fault)) return figures
  const note = `${sum(scores, (score) => score.hit)} of ${sum(scores, (score) => score.wrong)}, from the very first`
  return [...figures, { what: `${fault}: recall, readings`, unit: '', runs: scores.map(({ hit, wrong }) => hit / wrong), note }]
}

function soundBesides(runs: readonly Run[]): Figure {
  const why: Record<string, number> = {}
  for (const { reasonsOfFalse } of runs) for (const [name, count] of Object.entries(reasonsOfFalse)) why[name] = (why[name] ?? 0) + count
  const list = Object.entries(why).map(([name, count]) => `${name} ${count}`)
  return {
    what: 'sound readings marked, plant with faults',
    unit: 'per 100,000 sound readings',
    runs: runs.map((run) => (1e5 * run.falseAlarms) / run.sound),
    note: list.join(', ') || 'none',
  }
}

const sum = <T>(list: readonly T[], of: (one: T) => number): number => list.reduce((total, one) => total + of(one), 0)
