import type { DirtyRange } from './dirty.ts'
import type { Worker } from './worker.ts'

type SavedRange = readonly [from: number, to: number, why: number, since: number]

/** What one derivation has left to do. */
export interface SavedWorker {
  readonly version: string
  readonly isStopped: boolean
  readonly units: readonly (readonly [key: string, from: number, to: number, why: number, since: number, due: number])[]
  readonly ranges: readonly SavedRange[]
  readonly late: { readonly count: number; readonly ranges: readonly (SavedRange | readonly [...SavedRange, key: string])[] }
}

export function saveWorker({ derivation, dirty, late, isStopped }: Worker): SavedWorker {
  return {
    ...{ version: derivation.version, isStopped },
    units: [...dirty.units()].map(({ key, from, to, why, since, due }) => [key, from, to, why, since, due] as const),
    ranges: dirty.ranges.map(toSaved),
    late: { count: late.count, ranges: late.all.map((one) => (one.key === undefined ? toSaved(one) : [...toSaved(one), one.key])) },
  }
}

export function restoreWorker({ dirty, late }: Worker, saved: SavedWorker): void {
  for (const [key, from, to, why, since, due] of saved.units) dirty.add({ key, from, to }, why, since, due)
  for (const range of saved.ranges) dirty.addRange(fromSaved(range))
  late.restore(
    saved.late.count,
    saved.late.ranges.map(([from, to, why, since, key]) => ({ from, to, why, since, ...(key !== undefined && { key }) })),
  )
}

const toSaved = ({ from, to, why, since }: DirtyRange): SavedRange => [from, to, why, since]
const fromSaved = ([from, to, why, since]: SavedRange): DirtyRange => ({ from, to, why, since })
