import type { Discovery, DiscoveryFinding, DiscoveryProgress, DiscoveryQuestion } from '../../core/discovery.ts'
import type { EquipmentConfig } from '../../core/equipment.ts'
import type { StoredFact } from '../../core/facts.ts'
import type { History } from '../../core/history.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { isNull } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'
import { candidatesOf, placeOfSignal } from './candidates.ts'
import { earliestOf, findingsOf, type Judged, judge } from './judge.ts'
import { DISCOVER_LIMITS, STRETCHES, WINDOW_LEADS } from './limits.ts'
import { eventMoments, gridMoments, type Moments, observedMoments } from './moments.ts'
import { seeded } from './random.ts'
import { readMoments } from './read.ts'
import { grouped } from './same-thing.ts'

export interface DiscoverParts {
  readonly history: History
  readonly signals: readonly SignalDefinition[]
  readonly site: string
  readonly equipment: EquipmentConfig
  /** Of the oldest sample stored; undefined: there is none, or nobody knows. */
  readonly oldestTime: Micros | undefined
  readonly monotonicMs: () => number
  /** Lets others have their turn. */
  readonly pause: () => Promise<void>
  readonly onProgress: (progress: DiscoveryProgress) => void
  readonly stop: AbortSignal
}

/**
 * Which signals moved before the moments of the target, compared with other moments like them: suggestions with their evidence. That a signal moved before
 * something does not make it the cause. Reads only. Rejects when `stop` is aborted.
 */
export async function discover(question: DiscoveryQuestion, parts: DiscoverParts): Promise<Discovery> {
  const { target, leadUs, fdr } = question
  const random = seeded(question.seed)
  const to = question.to
  let from = Math.min(to, Math.max(question.from, parts.oldestTime ?? question.from))
  const { facts, truncated } =
    target.kind === 'signal' ? { facts: [], truncated: false } : await factsOf(target.definition, { from, to, leadUs }, parts.history)
  // Events that were not read must not be taken for controls.
  if (truncated) from = Math.max(from, Math.min(...facts.map((one) => one.from)))
  const planned = momentsOf(question, facts, from, random, parts)
  const { moments, matching } = planned.all
  const { candidates, leftOut } = candidatesOf({
    // Without moments there is no question.
    ...{ signals: moments.length > 0 ? parts.signals : [], site: parts.site, equipment: parts.equipment, matches: question.matches },
    places: [...new Set(moments.flatMap(({ equipment }) => equipment ?? []))],
    except: target.kind === 'signal' ? target.signal : undefined,
  })
  const read = await readMoments(moments, candidates, { ...parts, leadUs, random, observe: planned.observe })
  const isEvent = target.kind === 'event'
  const judging = {
    moments,
    read: read.read,
    observed: isEvent ? undefined : read.observed,
    isSameHour: matching === 'same-hour',
    own: read.own,
  }
  const results: (Judged | Discovery['notJudged'][number])[] = []
  for (const [i, candidate] of candidates.entries()) {
    parts.stop.throwIfAborted()
    results.push(judge(candidate, read.tracks[i] as (typeof read.tracks)[number], judging))
    parts.onProgress({ phase: 'judging', done: i + 1, of: candidates.length, samples: read.samples })
    await parts.pause()
  }
  const judged = results.filter((one) => 'candidate' in one)
  const inputs = new Set(facts.flatMap((fact) => fact.inputs.flatMap((input) => ('signal' in input ? [input.signal] : []))))
  const count = (is: boolean) => moments.filter((one, i) => one.isEvent === is && read.read[i] === 1).length
  const unread = moments.filter((one, i) => one.isEvent && read.read[i] === 0).length
  return {
    ...{ from, to, found: planned.all.found, moments: count(true), controls: count(false), matching },
    leftOut: { ...planned.all.leftOut, 'not-read': unread },
    ...{ signals: candidates.length, signalsLeftOut: leftOut, samples: read.samples, truncated },
    tests: judged.reduce((sum, { tests }) => sum + tests.length, 0),
    ...(read.stopped && { stopped: read.stopped }),
    findings: grouped(findingsOf(judged, fdr)).map(({ first, same }) => findingOf(first, same, inputs, question)),
    notJudged: results.filter((one) => 'reason' in one).slice(0, DISCOVER_LIMITS.named),
  }
}

async function factsOf(
  definition: string,
  { from, to, leadUs }: { from: Micros; to: Micros; leadUs: Micros },
  history: History,
): Promise<{ readonly facts: readonly StoredFact[]; readonly truncated: boolean }> {
  const overlapping = { from: from - (WINDOW_LEADS + 1) * leadUs, to }
  return history.facts({ definition, overlapping, descending: true, limit: DISCOVER_LIMITS.facts })
}

function momentsOf(
  { target, to, leadUs }: DiscoveryQuestion,
  facts: readonly StoredFact[],
  from: Micros,
  random: () => number,
  { signals, site, equipment }: DiscoverParts,
) {
  const period = { from, to, leadUs }
  if (target.kind === 'signal') {
    const stepUs = STRETCHES[1][1] * leadUs
    const own = signals.find(({ id }) => id === target.signal)
    const all = gridMoments(period, stepUs, placeOfSignal(target.signal, site, equipment))
    return { all, observe: { signal: target.signal, stepUs, expectedPeriodUs: own?.expectedPeriodUs } }
  }
  const all: Moments =
    target.kind === 'event'
      ? eventMoments(facts.map(occurrenceOf), period, random)
      : observedMoments(
          facts.map((fact) => ({ at: fact.from, equipment: fact.equipment, observed: numberOf(fact, target.value) })),
          period,
          random,
        )
  return { all, observe: undefined }
}

const occurrenceOf = ({ from, to, equipment, values }: StoredFact) => ({
  ...{ from, to, equipment },
  isStartUnseen: Object.values(values).some(({ reasons }) => reasons?.includes('start-unseen')),
})

function numberOf({ values }: StoredFact, name: string): number | undefined {
  const found = Object.hasOwn(values, name) ? values[name] : undefined
  return found && !isNull(found.status) && typeof found.value === 'number' ? found.value : undefined
}

function findingOf(
  { judged, q }: { judged: Judged; q: number },
  sameAs: readonly string[],
  inputs: ReadonlySet<string>,
  { leadUs, fdr }: DiscoveryQuestion,
): DiscoveryFinding {
  const { candidate, track, best } = judged
  const { feature, stretch, state } = best.column
  const ids = [...candidate.ids.values()]
  const [begin, end] = STRETCHES[stretch] as (typeof STRETCHES)[number]
  return {
    ...{ signal: candidate.name, ids: ids.slice(0, DISCOVER_LIMITS.ids), feature },
    ...(candidate.unit !== undefined && { unit: candidate.unit }),
    ...(state !== undefined && { state }),
    ...{ lead: { fromUs: begin * leadUs, toUs: end * leadUs }, earliestUs: earliestOf(judged, leadUs, fdr) },
    ...{ effect: best.effect, p: best.p, q, moments: best.moments, controls: best.controls, typical: best.typical },
    ...(best.effective !== undefined && { effective: best.effective }),
    ...{ coverage: track.askedUs > 0 ? track.coveredUs / track.askedUs : 0, windowsLeftOut: track.leftOut },
    ...{ isInput: ids.some((id) => inputs.has(id)), sameAs },
  }
}
