import type { Sample, Signal } from '../../../src/api/schemas.ts'
import { type Branches, buildBranches, count, standing } from './branches.ts'

type Call = () => void

/**
 * The last value of every signal, outside of React. Samples land in `pending`, at most one per signal; `flush` (a few times per second) makes them
 * visible and tells only those who look at these signals. So 10,000 samples a second cost a map write each, not a render each.
 */
export interface Plant {
  readonly signals: readonly Signal[]
  readonly branches: Branches
  /** Counts up with every new set of signals. */
  readonly shape: number
  /** When the newest sample reached the node, in milliseconds; 0 before the first. */
  readonly newestMs: number
  sample(index: number): Sample | undefined
  indexOf(id: string): number | undefined
  /** Definitions with last values, at the start and after the stream was lost. Older last values never replace newer ones. */
  load(signals: readonly Signal[]): void
  take(samples: readonly Sample[]): void
  flush(): void
  /** Calls back after a flush that changed this signal. */
  onSignal(index: number, call: Call): () => void
  /** Calls back after a flush that changed anything. */
  onAny(call: Call): () => void
}

const arrival = (sample: Sample): number => Date.parse(sample.receivedTime ?? sample.time)

export function createPlant(): Plant {
  let signals: readonly Signal[] = []
  let branches = buildBranches(signals)
  let shape = 0
  let newestMs = 0
  let shown: (Sample | undefined)[] = []
  const index = new Map<string, number>()
  const pending = new Map<string, Sample>()
  const watchers = new Map<number, Set<Call>>()
  const all = new Set<Call>()

  const load = (next: readonly Signal[]) => {
    shown = next.map((signal) => {
      const at = index.get(signal.id)
      const known = at === undefined ? undefined : shown[at]
      return known && (!signal.last || arrival(known) > arrival(signal.last)) ? known : signal.last
    })
    signals = next
    index.clear()
    next.forEach((signal, i) => {
      index.set(signal.id, i)
    })
    branches = buildBranches(next.map((signal, i) => ({ ...signal, last: shown[i] })))
    shape++
    for (const sample of shown) if (sample) newestMs = Math.max(newestMs, arrival(sample))
    for (const calls of watchers.values()) for (const call of calls) call()
    for (const call of all) call()
  }

  const flush = () => {
    if (pending.size === 0) return
    for (const [id, sample] of pending) {
      const at = index.get(id)
      if (at === undefined) continue
      const branch = branches.of[at]
      const from = standing(shown[at])
      const to = standing(sample)
      if (branch && from !== to) count(branch, from, to)
      shown[at] = sample
    }
    const changed = [...pending.keys()]
    pending.clear()
    for (const id of changed) for (const call of watchers.get(index.get(id) ?? -1) ?? []) call()
    for (const call of all) call()
  }

  return {
    get signals() {
      return signals
    },
    get branches() {
      return branches
    },
    get shape() {
      return shape
    },
    get newestMs() {
      return newestMs
    },
    sample: (at) => shown[at],
    indexOf: (id) => index.get(id),
    load,
    take: (samples) => {
      const last = samples.at(-1)
      if (last) newestMs = Math.max(newestMs, arrival(last))
      // Before the first load nothing is known; the load brings what is newer. Unknown ids are never kept: they would grow without limit.
      for (const sample of samples) if (index.has(sample.signal) || shape === 0) pending.set(sample.signal, sample)
    },
    flush,
    onSignal: (at, call) => {
      const calls = watchers.get(at) ?? new Set()
      watchers.set(at, calls.add(call))
      return () => {
        calls.delete(call)
        if (calls.size === 0) watchers.delete(at)
      }
    },
    onAny: (call) => {
      all.add(call)
      return () => void all.delete(call)
    },
  }
}
