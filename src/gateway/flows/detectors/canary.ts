import type { Observation } from '../../../core/flows.ts'
import type { Detector } from '../detector.ts'
import type { Raised } from '../findings.ts'
import { FLOW_LIMITS } from '../limits.ts'

/** What nobody should touch: addresses of a device, a signal, or both. */
export interface Canary {
  readonly name: string
  readonly host?: string
  readonly port?: number
  readonly protocol?: string
  readonly unit?: number
  /** Function codes or services; absent: any. */
  readonly services?: readonly string[]
  /** Inclusive. */
  readonly addresses?: readonly [number, number]
  /** Whole id of a signal whose value never changes by itself. */
  readonly signal?: string
}

/** Any touch by anybody but this node, whose own poll of a canary is how its value is watched. */
export function canaryWatch(canaries: readonly Canary[]): Detector & { touched(text: string, who: string): Raised | undefined } {
  const known = canaries.slice(0, FLOW_LIMITS.canaries)
  const onWire = known.filter(({ host, addresses }) => host !== undefined || addresses !== undefined)
  const signals = new Map(known.flatMap((canary) => (canary.signal === undefined ? [] : [[canary.signal, canary]])))
  const values = new Map<string, number>()
  return {
    observe(seen, { ownerOf, isOwn }) {
      if (onWire.length === 0 || isOwn(seen.source)) return undefined
      const touched = onWire.find((canary) => isTouched(canary, seen))
      return touched && raise(touched, seen.source, seen.service ?? seen.protocol, ownerOf(seen))
    },
    deliver({ batch, nameOf }) {
      if (signals.size === 0) return []
      const raised: Raised[] = []
      for (let row = 0; row < batch.count; row++) {
        const value = batch.value[row] as number
        const name = nameOf(batch.signal[row] as number) ?? ''
        const canary = signals.get(name)
        if (!canary || Number.isNaN(value)) continue
        const before = values.get(name)
        values.set(name, value)
        if (before !== undefined && before !== value) raised.push(raise(canary, 'unknown', `${before} → ${value}`, undefined))
      }
      return raised
    },
    /** `text` is what somebody asked this node: it is a touch when it names a signal. */
    touched(text, who) {
      for (const [signal, canary] of signals) if (text.includes(signal)) return raise(canary, who, 'API', undefined)
      return undefined
    },
  }
}

function raise({ name }: Canary, by: string, how: string, owner: string | undefined): Raised {
  return { code: 'canary', severity: 'critical', subject: name, key: `${name} ${by}`, owner, evidence: { by, how } }
}

function isTouched({ host, port, protocol, unit, services, addresses }: Canary, seen: Observation): boolean {
  if (host !== undefined && host !== seen.destination) return false
  if (port !== undefined && port !== seen.port) return false
  if (protocol !== undefined && protocol !== seen.protocol) return false
  if (unit !== undefined && seen.unit !== undefined && unit !== seen.unit) return false
  if (services && !services.includes(seen.service ?? '')) return false
  if (!addresses) return true
  if (seen.address === undefined) return false
  return seen.address <= addresses[1] && seen.address + Math.max(1, seen.addresses ?? 1) - 1 >= addresses[0]
}
