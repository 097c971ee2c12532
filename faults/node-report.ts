import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ContestedSignal, RemoteNode, SenderRefusal, UplinkView } from '../src/core/node-view.ts'
import type { RunningNode } from '../src/run/node.ts'

/** What a node under fault says of itself. */
export interface Report {
  readonly uplink?: UplinkView
  readonly remotes: readonly RemoteNode[]
  readonly refusals: readonly SenderRefusal[]
  readonly contested: readonly ContestedSignal[]
  /** Its clock, microseconds since 1970. */
  readonly time: number
  readonly lastSequence: number
  readonly problem?: string
  readonly historianProblem?: string
  /** Bytes of the heap, after a collection where that was asked for, and open file descriptors. */
  readonly heap: number
  readonly files: number
  /** By site: from the device's time of the last sample of a batch until this node has it on its disk and shows it; of the batches since the last report. */
  readonly latency: Readonly<Record<string, { readonly batches: number; readonly medianMs: number; readonly p99Ms: number }>>
}

/** Writes reports of a node that runs in this process. */
export function reporter({ view }: RunningNode): (isMeasured: boolean) => Report {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let seen = new Map<string, number[]>()
  view.subscribe((batch) => {
    const row = batch.count - 1
    const id = view.signals.at(batch.signal[row] as number)?.id ?? ''
    const site = id.slice(0, id.indexOf('/'))
    const ms = (view.clock.now() - (batch.sourceTime[row] as number)) / 1000
    const known = seen.get(site)
    if (known) known.push(ms)
    else seen.set(site, [ms])
  })
  return (isMeasured) => {
    if (isMeasured) collect()
    const { lastSequence, problem } = view.spool()
    const uplink = view.uplink()
    const historian = view.historianLag().problem
    const latency = Object.fromEntries(
      [...seen].map(([site, ms]) => [site, { batches: ms.length, medianMs: share(ms, 0.5), p99Ms: share(ms, 0.99) }]),
    )
    seen = new Map()
    return {
      time: view.clock.now(),
      ...{ remotes: view.remotes(), refusals: view.refusals(), contested: view.contested(), lastSequence, latency },
      ...(uplink && { uplink }),
      ...(problem !== undefined && { problem }),
      ...(historian !== undefined && { historianProblem: historian }),
      ...{ heap: process.memoryUsage().heapUsed, files: readdirSync('/proc/self/fd').length },
    }
  }
}

function share(values: readonly number[], of: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0
}
