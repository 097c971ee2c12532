import type { NodeView } from '../../core/node-view.ts'
import type { Micros } from '../../core/time.ts'
import type { Below, Root } from '../lineage/below.ts'
import { countSamples } from '../lineage/counted.ts'
import type { Tally } from '../lineage/remembered.ts'

/**
 * Definitions on the way to a value whose results miss something that changed since: it came later than the horizon, or their computing had stopped. Samples are held
 * against what was stored when the value was (`recorded`); of records and results it is kept which one a late change touches.
 */
export async function behindOf(
  root: Root,
  below: Below,
  { recorded, asKnownAt }: { readonly recorded: Micros; readonly asKnownAt: Micros | undefined },
  view: NodeView,
  tally: Tally,
): Promise<string[]> {
  const spans = [
    ...('fact' in root ? [root.fact] : []),
    ...[...below.facts.values()].flatMap(({ facts }) => facts),
    ...[...below.signals.values()].flatMap(({ derivation, from, to }) =>
      derivation === undefined ? [] : [{ definition: derivation, from, to, key: undefined }],
    ),
  ]
  const now = view.clock.now()
  const missed = spans.flatMap(({ definition, from, to, key }) => {
    const behind = view.behind(definition, from, to ?? now, key)
    return behind ? [{ definition, ...behind }] : []
  })
  if (missed.length === 0) return []
  const bySamples = missed.some(({ bySamplesAlone }) => bySamplesAlone) && (await hasNewer(below, recorded, asKnownAt, tally))
  return [...new Set(missed.flatMap(({ definition, bySamplesAlone }) => (!bySamplesAlone || bySamples ? [definition] : [])))]
}

/** Samples below the value that were stored after it. */
async function hasNewer(below: Below, recorded: Micros, asKnownAt: Micros | undefined, tally: Tally): Promise<boolean> {
  const [then, now] = [await countSamples(below, tally, recorded), await countSamples(below, tally, asKnownAt)]
  return [...now].some(([signal, { samples, newestIngest }]) => {
    const before = then.get(signal)
    return samples > (before?.samples ?? 0) || newestIngest > (before?.newestIngest ?? 0)
  })
}
