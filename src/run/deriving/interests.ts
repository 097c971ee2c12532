import type { Change } from '../../core/derivation.ts'
import { LIMITS } from '../../core/limits.ts'
import { compileGlob } from '../../lib/glob.ts'
import type { Worker } from './worker.ts'

/** Divides changes among those that they matter to. */
export type Interested = (changes: readonly Change[]) => ReadonlyMap<Worker, readonly Change[]>

const GLOB = { length: LIMITS.idLength, alternatives: 64 }

/** Whether ids and names are inputs; asked once for each signal, then known. */
export function interests(workers: readonly Worker[]): Interested {
  const declared = workers.map((worker) => {
    const { signals, records, facts, clocks = [] } = worker.derivation.inputs
    const globs = [...signals, ...clocks].map((glob) => compileGlob(glob, GLOB))
    return { worker, reads: (id: string) => globs.some((glob) => glob(id)), records: new Set(records), facts: new Set(facts) }
  })
  const readers = new Map<string, readonly Worker[]>()
  const readersOf = (signal: string) => {
    const known = readers.get(signal)
    if (known) return known
    if (readers.size >= LIMITS.signals) readers.clear()
    const found = declared.filter(({ reads }) => reads(signal)).map(({ worker }) => worker)
    readers.set(signal, found)
    return found
  }
  return (changes) => {
    const own = new Map<Worker, Change[]>()
    const give = (worker: Worker, change: Change) => {
      const list = own.get(worker)
      if (list) list.push(change)
      else own.set(worker, [change])
    }
    for (const change of changes) {
      if ('signal' in change) for (const worker of readersOf(change.signal)) give(worker, change)
      else
        for (const { worker, records, facts } of declared)
          if ('record' in change ? records.has(change.record) : facts.has(change.fact)) give(worker, change)
    }
    return own
  }
}
