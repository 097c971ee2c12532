import type { IngestRow } from '../../core/historian.ts'
import type { NodeView } from '../../core/node-view.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { rank, worst } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'
import type { Below, Root, SignalBelow } from './below.ts'
import type { Counted } from './counted.ts'
import type { Hop, Member } from './hop.ts'
import type { OwnersOf } from './owners.ts'

/** What hops are made of. */
export interface ChainParts {
  readonly view: NodeView
  readonly root: Root
  /** The node that a fact was computed at, where that is another one: there it is declared. By the ingest that brought it. */
  readonly computedAt: (ingest: number) => string | undefined
  readonly below: Below
  readonly counted: ReadonlyMap<string, Counted>
  readonly ingests: { readonly rows: ReadonlyMap<number, IngestRow>; readonly lost: ReadonlySet<number> }
  readonly ownersOf: OwnersOf
  /** Rules that judge a signal as it is declared, `range@3`. */
  readonly rulesOf: (definition: SignalDefinition) => readonly string[]
  /** The sample asked for is not in the historian yet. */
  readonly isPending: boolean
}

/** A hop with what it stands for, for whoever asks to see it. */
export interface Station {
  readonly hop: Hop
  readonly members: () => readonly Member[]
}

/** Of a hop that stands for itself alone. */
export const NOBODY = () => []

export const extent = (times: readonly Micros[]) => (times.length === 0 ? {} : { oldest: Math.min(...times), newest: Math.max(...times) })

/** Counts of some signals. */
function sums(some: readonly SignalBelow[], { counted }: ChainParts) {
  const own = some.flatMap(({ signal }) => counted.get(signal) ?? [])
  const seen = own.filter(({ samples }) => samples > 0)
  const samples = some.reduce((sum, one) => sum + (counted.get(one.signal)?.samples ?? one.samples ?? 0), 0)
  return {
    counts: { signals: some.length, samples },
    ...(seen.length > 0 && { worst: seen.reduce((code, one) => worst(code, one.worst), 0) }),
    ...(seen.length > 0 && {
      oldest: Math.min(...seen.map(({ oldest }) => oldest)),
      newest: Math.max(...seen.map(({ newest }) => newest)),
    }),
    isUnread: own.length < some.length,
    // Counted, and there is no sample any more although what is above had some.
    isGone: some.some((one) => (one.samples ?? 0) > 0 && counted.get(one.signal)?.samples === 0),
  }
}

function membersOf(some: readonly SignalBelow[], { counted }: ChainParts): Member[] {
  return some
    .map(({ signal, samples }): Member => {
      const own = counted.get(signal)
      if (!own) return { name: signal, ...(samples !== undefined && { samples }) }
      const { worst: status, newest, reasons } = own
      return {
        ...{ name: signal, samples: own.samples, worst: status, reasons: [...reasons.keys()] },
        ...(own.samples > 0 && { newest }),
        ...(own.samples === 0 && (samples ?? 0) > 0 && { problem: 'samples-gone' as const }),
      }
    })
    .sort((a, b) => rank(b.worst ?? 0) - rank(a.worst ?? 0) || (a.name < b.name ? -1 : 1))
}

/** Some samples as one hop. */
export function samplesHop(some: readonly SignalBelow[], base: Pick<Hop, 'id' | 'kind' | 'name' | 'feeds'>, parts: ChainParts): Station {
  const { isUnread, isGone, ...found } = sums(some, parts)
  const newestIngests = some.map(({ signal, newestIngest }) => parts.counted.get(signal)?.newestIngest || newestIngest)
  const newest = parts.ingests.rows.get(Math.max(0, ...newestIngests))
  const state = isGone ? 'dead' : parts.isPending || isUnread ? 'unread' : 'whole'
  const problem = isGone ? 'samples-gone' : parts.isPending ? 'not-stored-yet' : isUnread ? 'too-many' : undefined
  const single = some.length === 1 ? some[0] : undefined
  const definition = single && parts.view.signals.at(parts.view.signals.indexOf(single.signal) ?? -1)
  const hop: Hop = {
    ...base,
    ...{ state, ...(problem && { problem }), owners: parts.ownersOf(some.map(({ signal }) => signal)), ...found },
    ...(found.newest !== undefined && { lastSeen: found.newest }),
    ...(newest && found.newest !== undefined && base.kind === 'samples' && { delayUs: newest.receivedTime - found.newest }),
    details: single ? { signal: single.signal, ...(definition && { address: definition.address }) } : {},
    canExpand: some.length > 1,
  }
  return { hop, members: () => membersOf(some, parts) }
}
