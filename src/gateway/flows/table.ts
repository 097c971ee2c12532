import type { FlowEnds, FlowView, Observation } from '../../core/flows.ts'
import type { Micros } from '../../core/time.ts'
import { FLOW_LIMITS } from './limits.ts'
import { addRange, type Range } from './ranges.ts'

interface Service {
  count: number
  exceptions: number
  firstSeen: Micros
  lastSeen: Micros
  addresses: Range[]
}

interface Flow {
  readonly ends: FlowEnds
  readonly services: Map<string, Service>
  readonly units: Range[]
  readonly identities: string[]
  readonly clients: string[]
  device: Readonly<Record<string, string>> | undefined
  sentBytes: number
  receivedBytes: number
  sent: number
  received: number
  exceptions: number
  firstSeen: Micros
  lastSeen: Micros
  longestGap: Micros
  /** By this process; NaN before it was. */
  heard: Micros
  capped: number
}

export const flowKey = ({ via, source, destination, port, protocol }: FlowEnds): string =>
  `${via} ${source} > ${destination}:${port} ${protocol}`

/** Who talked to whom, and how. Bounded whatever is seen; constant work for each observation. */
export class FlowTable {
  readonly #flows = new Map<string, Flow>()
  readonly #all: { readonly allServices: number; readonly allRanges: number }
  #services = 0
  #ranges = 0
  /** Observations of flows that found no room. */
  refused = 0

  constructor(all: { readonly allServices: number; readonly allRanges: number } = FLOW_LIMITS) {
    this.#all = all
  }

  get size(): number {
    return this.#flows.size
  }

  record(seen: Observation): void {
    const flow = this.#flowOf(seen)
    if (!flow) {
      this.refused++
      return
    }
    if (seen.time - flow.heard > flow.longestGap) flow.longestGap = seen.time - flow.heard
    flow.heard = seen.time
    flow.lastSeen = Math.max(flow.lastSeen, seen.time)
    flow.sentBytes += seen.sentBytes
    flow.receivedBytes += seen.receivedBytes
    flow.sent += seen.sent ?? Number(seen.sentBytes > 0)
    flow.received += seen.received ?? Number(seen.receivedBytes > 0)
    if (seen.exception !== undefined) flow.exceptions++
    if (seen.unit !== undefined && this.#widen(flow.units, seen.unit, seen.unit)) flow.capped++
    if (seen.service !== undefined) this.#recordService(flow, seen, seen.service)
    if (!addName(flow.identities, seen.identity)) flow.capped++
    if (!addName(flow.clients, seen.client)) flow.capped++
    if (seen.device) flow.device = Object.fromEntries(Object.entries({ ...flow.device, ...seen.device }).slice(0, FLOW_LIMITS.deviceFields))
  }

  view(): FlowView[] {
    return [...this.#flows.values()].map(toView)
  }

  /** When a flow was last seen; undefined: never. */
  lastSeen(key: string): Micros | undefined {
    return this.#flows.get(key)?.lastSeen
  }

  /** What an earlier process had; what is over the limits is refused and counted like the rest. */
  restore(views: readonly FlowView[]): void {
    for (const view of views) {
      if (this.#flows.size >= FLOW_LIMITS.flows) {
        this.refused++
        continue
      }
      const { services, units, identities, clients, device, via, source, destination, port, protocol, ...counts } = view
      const ends = { via, source, destination, port, protocol }
      this.#services += services.length
      this.#ranges += services.reduce((sum, { addresses }) => sum + addresses.length, units.length)
      this.#flows.set(flowKey(ends), {
        ...counts,
        ends,
        device,
        heard: Number.NaN,
        services: new Map(
          services.map(({ service, addresses, ...rest }) => [service, { ...rest, addresses: addresses.map(([a, b]): Range => [a, b]) }]),
        ),
        units: units.map(([a, b]): Range => [a, b]),
        identities: [...identities],
        clients: [...clients],
      })
    }
  }

  #recordService(flow: Flow, seen: Observation, name: string): void {
    let service = flow.services.get(name)
    if (!service) {
      if (flow.services.size >= FLOW_LIMITS.services || this.#services >= this.#all.allServices) {
        flow.capped++
        return
      }
      service = { count: 0, exceptions: 0, firstSeen: seen.time, lastSeen: seen.time, addresses: [] }
      flow.services.set(name, service)
      this.#services++
    }
    service.count++
    service.lastSeen = Math.max(service.lastSeen, seen.time)
    if (seen.exception !== undefined) service.exceptions++
    if (seen.address === undefined) return
    const last = seen.address + Math.max(1, seen.addresses ?? 1) - 1
    if (this.#widen(service.addresses, seen.address, last)) flow.capped++
  }

  /** Adds a range; where there is no room for one more, here or in all, the two nearest become one. True when they had to. */
  #widen(ranges: Range[], from: number, to: number): boolean {
    const before = ranges.length
    const room = Math.max(0, this.#all.allRanges - this.#ranges)
    const isJoined = addRange(ranges, from, to, Math.max(1, Math.min(FLOW_LIMITS.ranges, before + room)))
    this.#ranges += ranges.length - before
    return isJoined
  }

  #flowOf(seen: Observation): Flow | undefined {
    const key = flowKey(seen)
    const known = this.#flows.get(key)
    if (known || this.#flows.size >= FLOW_LIMITS.flows) return known
    const { via, source, destination, port, protocol, time } = seen
    const flow: Flow = {
      ...{
        ends: { via, source, destination, port, protocol },
        services: new Map(),
        units: [],
        identities: [],
        clients: [],
        device: undefined,
      },
      ...{ sentBytes: 0, receivedBytes: 0, sent: 0, received: 0, exceptions: 0, firstSeen: time, lastSeen: time },
      ...{ longestGap: 0, heard: Number.NaN, capped: 0 },
    }
    this.#flows.set(key, flow)
    return flow
  }
}

/** The last seen stands last. False when there was no room for one more. */
function addName(names: string[], name: string | undefined): boolean {
  if (name === undefined || name === names.at(-1)) return true
  const at = names.indexOf(name)
  if (at >= 0) names.splice(at, 1)
  return names.length < FLOW_LIMITS.identities && names.push(name) > 0
}

function toView({ ends, services, units, identities, clients, device, heard: _, ...counts }: Flow): FlowView {
  return {
    ...ends,
    ...counts,
    services: [...services].map(([service, { addresses, ...rest }]) => ({
      service,
      ...rest,
      addresses: addresses.map(([a, b]) => [a, b]),
    })),
    units: units.map(([a, b]) => [a, b]),
    identities: [...identities],
    clients: [...clients],
    ...(device && { device }),
  }
}
