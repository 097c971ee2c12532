import type { Conduit } from '../../core/policy.ts'
import { globsOverlap } from '../../lib/glob.ts'
import { GLOB_LIMITS } from './limits.ts'

/** Two conduits that say different things of what both name. `first` is the one declared later. */
export interface Contradiction {
  readonly first: string
  readonly second: string
  /** `cut`: one is cut, and the other lets the same pass. `direction`: the two do not agree on who dials. */
  readonly is: 'cut' | 'direction'
}

/** Pairs between the same zones, over the same transport, that name the same. */
export function contradictions(conduits: readonly Conduit[]): Contradiction[] {
  const found: Contradiction[] = []
  const between = Map.groupBy(conduits, ({ from, to }) => JSON.stringify([from, to]))
  for (const group of between.values())
    group.forEach((first, i) => {
      for (const second of group.slice(0, i)) {
        const is = first.isCut !== second.isCut ? 'cut' : first.direction !== second.direction ? 'direction' : undefined
        if (is && nameTheSame(first, second)) found.push({ first: first.name, second: second.name, is })
      }
    })
  return found
}

const nameTheSame = (a: Conduit, b: Conduit): boolean =>
  a.transports.some((transport) => b.transports.includes(transport)) &&
  (['signals', 'records', 'results'] as const).some((list) =>
    a[list].some((glob) => b[list].some((other) => globsOverlap(glob, other, GLOB_LIMITS))),
  )
