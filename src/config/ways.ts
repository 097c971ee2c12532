import type { PolicyReason } from '../core/policy.ts'
import type { Micros } from '../core/time.ts'
import { compilePolicy, decide, toPolicy, whoeverItIs } from '../gateway/policy/config.ts'
import { type CrossingPart, crossingsOf } from './crossings.ts'
import type { LoadedConfig } from './load.ts'

/** A way from zone to zone that is open in one configuration and not in another, or that only one of them has. */
export interface WayChange {
  readonly part: CrossingPart
  readonly name: string
  /** Why it is open or not; undefined where the configuration has no such way. */
  readonly before: PolicyReason | undefined
  readonly after: PolicyReason | undefined
}

export function changedWays(before: LoadedConfig, after: LoadedConfig, time: Micros): WayChange[] {
  const [had, has] = [waysOf(before, time), waysOf(after, time)]
  return [...new Map([...had, ...has])].flatMap(([key, { part, name }]) => {
    const [was, is] = [had.get(key), has.get(key)]
    const isSame = was?.reason === is?.reason && was?.between === is?.between
    return isSame ? [] : [{ part, name, before: was?.reason, after: is?.reason }]
  })
}

function waysOf({ config, connections }: LoadedConfig, time: Micros) {
  const policy = compilePolicy(toPolicy(config, config.site.id))
  const open = whoeverItIs(policy)
  const ways = crossingsOf(config, connections).map((crossing) => {
    const { part, name, from, to, isPeerOpen } = crossing
    const { reason } = decide(isPeerOpen ? open : policy, crossing, undefined, time)
    return [JSON.stringify([part, name]), { part, name, reason, between: JSON.stringify([from, to]) }] as const
  })
  return new Map(ways)
}
