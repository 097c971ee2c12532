import type { ReasonSets } from '../../core/reasons.ts'
import { Status } from '../../core/status.ts'
import { Column } from '../column.ts'
import type { PeerGroup } from '../config.ts'
import { mark, type Rule } from '../rule.ts'

interface Group {
  readonly index: number
  readonly reason: string
  readonly tolerance: number
  readonly relative: number
  readonly withinUs: number
  /** Ids and, once they are defined, indices; for a balance the total is first. */
  readonly ids: readonly string[]
  readonly members: (number | undefined)[]
  readonly isBalance: boolean
}

/**
 * Peers: two or more signals that measure one thing, or a total and its parts, compared in event time: only readings at most `within` apart. From the comparison
 * that fails until one that holds again, every reading of the group is UncertainSensorNotAccurate with the reason `peers:NAME`: the rule cannot know which of them is wrong.
 */
export function peers(reasons: ReasonSets, declared: Readonly<Record<string, PeerGroup>>, site: string): Rule {
  const groups = Object.entries(declared).map(([name, group], index) => groupOf(name, group, index, site))
  const groupsOf = new Map<string, Group[]>()
  for (const group of groups) for (const id of group.ids) groupsOf.set(id, [...(groupsOf.get(id) ?? []), group])
  const bySignal = new Map<number, readonly Group[]>()
  const memory = { time: new Column(Number.NEGATIVE_INFINITY), value: new Column(Number.NaN), disagree: new Column(0) }
  memory.disagree.reserve(groups.length)
  return {
    memory,
    get isActive() {
      return bySignal.size > 0
    },
    declare: (signal, { id }) => {
      memory.time.reserve(signal + 1)
      memory.value.reserve(signal + 1)
      const own = groupsOf.get(id)
      if (!own) return undefined
      bySignal.set(signal, own)
      for (const group of own) group.members[group.ids.indexOf(id)] = signal
      return { isAlways: true }
    },
    judge: (rows) => {
      const [time, value, disagree] = [memory.time.values, memory.value.values, memory.disagree.values]
      const { noticed, row, isWayBack } = rows
      for (let k = 0; k < noticed; k++) {
        const i = row[k] as number
        const s = rows.signal[i] as number
        const own = bySignal.get(s)
        const t = rows.sourceTime[i] as number
        if (!own || t < (time[s] as number) || rows.isInOrder[k] === 0) continue
        time[s] = t
        value[s] = rows.value[i] as number
        for (const group of own) {
          const verdict = compare(group, t, time, value)
          // What ends a disagreement leads back from what was wrong.
          if (verdict !== false && disagree[group.index] === 1) isWayBack[k] = 1
          if (verdict !== undefined) disagree[group.index] = verdict ? 0 : 1
          if (disagree[group.index] === 1) mark(rows, i, reasons, group.reason, Status.UncertainSensorNotAccurate)
        }
      }
    },
  }
}

function groupOf(name: string, group: PeerGroup, index: number, site: string): Group {
  const ids = (group.same ?? [group.total as string, ...(group.parts ?? [])]).map((id) => `${site}/${id}`)
  return {
    index,
    reason: `peers:${name}`,
    tolerance: group.tolerance,
    relative: group.relativeTolerance,
    withinUs: group.within * 1000,
    ids,
    members: ids.map(() => undefined),
    isBalance: group.same === undefined,
  }
}

/** True: they agree; false: they do not; undefined: there are not readings of all of them near enough in time. */
function compare(group: Group, now: number, time: Float64Array, value: Float64Array): boolean | undefined {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  let sum = 0
  for (const member of group.members) {
    if (member === undefined || now - (time[member] as number) > group.withinUs) return undefined
    const v = value[member] as number
    if (Number.isNaN(v)) return undefined
    low = Math.min(low, v)
    high = Math.max(high, v)
    sum += v
  }
  const total = value[group.members[0] as number] as number
  const apart = group.isBalance ? Math.abs(sum - 2 * total) : high - low
  const scale = group.isBalance ? Math.abs(total) : Math.max(Math.abs(low), Math.abs(high))
  return apart <= Math.max(group.tolerance, group.relative * scale)
}
