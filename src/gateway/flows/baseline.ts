import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { BaselineView, FlowEnds, FlowView } from '../../core/flows.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import { FLOW_LIMITS } from './limits.ts'
import { covers } from './ranges.ts'
import { flowKey } from './table.ts'

const text = z.string().max(FLOW_LIMITS.evidenceLength * 4)
const range = z.tuple([z.number(), z.number()])
const baselineFlow = z.strictObject({
  ...{ via: text, source: text, destination: text, port: z.number(), protocol: text },
  services: z.array(z.strictObject({ service: text, addresses: z.array(range).max(FLOW_LIMITS.ranges) })).max(FLOW_LIMITS.services),
  units: z.array(range).max(FLOW_LIMITS.ranges),
  identities: z.array(text).max(FLOW_LIMITS.identities),
  device: z.record(text, text).optional(),
  /** Longest silence while it was learned, rounded up; absent: it came too seldom to expect it. */
  silenceSeconds: z.number().optional(),
})
export const baselineContent = z.strictObject({
  flows: z.array(baselineFlow).max(FLOW_LIMITS.flows),
  /** Signals whose values repeated themselves while it was learned. */
  repeating: z.array(text).max(FLOW_LIMITS.watchedSignals),
})
export type BaselineContent = z.output<typeof baselineContent>
export type BaselineFlow = BaselineContent['flows'][number]

/** The frozen file: what was accepted, by whom, and its hash; signed by the node. */
export const acceptedBaseline = z.strictObject({
  format: z.literal(1),
  who: text,
  reason: text,
  time: z.number(),
  hash: z.string().length(64),
  content: baselineContent,
})
export type AcceptedBaseline = z.output<typeof acceptedBaseline>

/** A flow seen more often than this is expected to go on. */
const REGULAR = 20

/** What was learned, in a form that stays the same while nothing new is seen: sorted, without counts and times. */
export function contentOf(flows: readonly FlowView[], repeating: readonly string[]): BaselineContent {
  const sorted = flows.toSorted((a, b) => (flowKey(a) < flowKey(b) ? -1 : 1))
  return {
    flows: sorted.map(({ via, source, destination, port, protocol, services, units, identities, device, ...seen }): BaselineFlow => {
      const regular = Math.max(seen.sent, seen.received) >= REGULAR
      return {
        ...{ via, source, destination, port, protocol },
        services: services
          .map(({ service, addresses }) => ({ service, addresses: addresses.map(([a, b]): [number, number] => [a, b]) }))
          .sort((a, b) => (a.service < b.service ? -1 : 1)),
        units: units.map(([a, b]): [number, number] => [a, b]),
        identities: identities.toSorted(),
        ...(device && { device }),
        ...(regular && { silenceSeconds: roundedUp(seen.longestGap) }),
      }
    }),
    repeating: repeating.toSorted(),
  }
}

/** To a power of two of seconds: a gap a little longer is no other baseline. */
const roundedUp = (gap: Micros): number => 2 ** Math.max(0, Math.ceil(Math.log2(gap / SECOND)))

export const hashOf = (content: BaselineContent): string => createHash('sha256').update(JSON.stringify(content)).digest('hex')

/** What was accepted, ready to be asked. */
export class Baseline {
  readonly #flows: ReadonlyMap<string, BaselineFlow>
  readonly #repeating: ReadonlySet<string>

  constructor({ flows, repeating }: BaselineContent) {
    this.#flows = new Map(flows.map((flow) => [flowKey(flow), flow]))
    this.#repeating = new Set(repeating)
  }

  flow(ends: FlowEnds): BaselineFlow | undefined {
    return this.#flows.get(flowKey(ends))
  }

  isRepeating(signal: string): boolean {
    return this.#repeating.has(signal)
  }

  flows(): Iterable<[string, BaselineFlow]> {
    return this.#flows
  }
}

export const serviceOf = (flow: BaselineFlow, service: string) => flow.services.find((one) => one.service === service)

/** True when these addresses were asked for with this service before; what has no addresses is covered by its service. */
export function coversService(flow: BaselineFlow, service: string, address: number | undefined, addresses = 1): boolean {
  const known = serviceOf(flow, service)
  return known !== undefined && (address === undefined || covers(known.addresses, address, address + Math.max(1, addresses) - 1))
}

type Changes = BaselineView['changes']

/** What a candidate has more and less than what is in force. */
export function changesBetween(before: BaselineContent | undefined, after: BaselineContent): Changes {
  const lines = (content: BaselineContent | undefined) => new Map((content?.flows ?? []).flatMap(linesOf))
  const [old, fresh] = [lines(before), lines(after)]
  const added = [...fresh].flatMap(([key, line]) => (old.has(key) ? [] : [{ change: 'added' as const, ...line }]))
  const removed = [...old].flatMap(([key, line]) => (fresh.has(key) ? [] : [{ change: 'removed' as const, ...line }]))
  const signals = (content: BaselineContent | undefined) => new Set(content?.repeating)
  const repeats = [...signals(after)].filter((signal) => !signals(before).has(signal))
  return [...added, ...removed, ...repeats.map((flow) => ({ change: 'added' as const, flow, what: 'repeats itself' }))]
}

function linesOf(flow: BaselineFlow): [string, { flow: string; what: string }][] {
  const name = flowName(flow)
  const line = (what: string): [string, { flow: string; what: string }] => [`${flowKey(flow)} ${what}`, { flow: name, what }]
  return [
    line('talks'),
    ...flow.services.flatMap(({ service, addresses }) =>
      addresses.length === 0 ? [line(service)] : addresses.map(([a, b]) => line(`${service} ${rangeText(a, b)}`)),
    ),
    ...flow.units.map(([a, b]) => line(`unit ${rangeText(a, b)}`)),
    ...flow.identities.map((identity) => line(`identity ${identity}`)),
    ...Object.entries(flow.device ?? {}).map(([field, value]) => line(`${field} ${value}`)),
  ]
}

export const rangeText = (from: number, to: number): string => (from === to ? `${from}` : `${from}..${to}`)

/** A flow as people read it. */
export const flowName = ({ via, source, destination, port, protocol }: FlowEnds): string =>
  `${source} → ${destination}${port > 0 ? `:${port}` : ''} ${protocol} (${via})`
