import type { NodeView } from '../../core/node-view.ts'
import { DAY, MINUTE, type Micros } from '../../core/time.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'
import type { Below } from '../lineage/below.ts'

/** One device's clock against ours, at the time of a value. */
export interface ClockThen {
  readonly connection: string
  /** `own`: the protocol carries no time, so that the times are this node's. Undefined: it can be measured and was not. */
  readonly uncertaintyUs: Micros | undefined
  readonly offsetUs: Micros | undefined
  readonly method: 'round-trip' | 'one-way' | 'own' | 'unknown'
}

/** How far the times of a device may be off: as much as its clock is known to be, and as that is uncertain. Times are kept as the device says them. */
export const mayBeOffUs = ({ uncertaintyUs, offsetUs = 0 }: ClockThen): Micros | undefined =>
  uncertaintyUs === undefined ? undefined : Math.abs(offsetUs) + uncertaintyUs

/** What was measured more recently than this is what is in force now. */
const NOW_US = 5 * MINUTE
/** How long a measurement that was stored counts for. */
const HELD_US = DAY

/** Clocks behind the measured signals below a value. Those of a time gone by are read back from what was stored of them; of more than can be, nothing is known. */
export async function clocksOf(below: Below, at: Micros, view: NodeView): Promise<ClockThen[]> {
  const connections = new Set<string>()
  for (const { signal, derivation, isOrphan } of below.signals.values()) {
    const name = view.signals.at(view.signals.indexOf(signal) ?? -1)?.connection
    if (name !== undefined && derivation === undefined && !isOrphan) connections.add(name)
  }
  const all = [...connections]
  const health = new Map(view.connections().map((one) => [one.name, one]))
  const isNow = view.clock.now() - at < NOW_US
  const then = isNow ? new Map<string, number>() : await readBack(all.slice(0, CONTINUITY_LIMITS.clocks), at, view)
  return all.map((connection): ClockThen => {
    const known = health.get(connection)
    const measured = isNow ? known?.clock : undefined
    const stored = { uncertainty: then.get(`${connection}/clock-uncertainty`), offset: then.get(`${connection}/clock-offset`) }
    const uncertaintyUs = measured?.uncertaintyUs ?? (stored.uncertainty === undefined ? undefined : stored.uncertainty * 1e6)
    const offsetUs = measured?.offsetUs ?? (stored.offset === undefined ? undefined : stored.offset * 1e6)
    if (uncertaintyUs !== undefined) return { connection, uncertaintyUs, offsetUs, method: known?.clockMethod ?? 'unknown' }
    const isOwn = known !== undefined && known.clockMethod === undefined
    return {
      connection,
      uncertaintyUs: isOwn ? 0 : undefined,
      offsetUs: undefined,
      method: isOwn ? 'own' : (known?.clockMethod ?? 'unknown'),
    }
  })
}

async function readBack(connections: readonly string[], at: Micros, { historian, site }: NodeView): Promise<Map<string, number>> {
  const own = (name: string) => `${site.id}/ecluse/${name}`
  const names = connections.flatMap((name) => [`${name}/clock-uncertainty`, `${name}/clock-offset`])
  const found = names.length === 0 ? [] : await historian.series({ signals: names.map(own), from: at, to: at + 1, lookBackUs: HELD_US })
  return new Map(
    found.flatMap(({ count, value }, i): [string, number][] => (count > 0 ? [[names[i] as string, value[count - 1] as number]] : [])),
  )
}
