import type { FlowView } from '../../../core/flows.ts'
import type { Detector } from '../detector.ts'
import { FLOW_LIMITS } from '../limits.ts'

const MODE = new Set(['state', 'mode'])

/** What a device says it is differs from what was accepted, or from what it said last: mode, program, firmware. */
export function identityChange(known: readonly FlowView[] = []): Detector {
  const devices = new Map<string, Readonly<Record<string, string>>>()
  for (const { destination, port, device } of known) if (device) devices.set(`${destination}:${port}`, device)
  return {
    observe(seen, { baseline, ownerOf }) {
      const { device, destination, port } = seen
      if (!device) return undefined
      const place = `${destination}:${port}`
      const before = { ...devices.get(place), ...baseline?.flow(seen)?.device }
      if (devices.has(place) || devices.size < FLOW_LIMITS.flows) devices.set(place, { ...devices.get(place), ...device })
      const changed = Object.keys(device).filter((field) => before[field] !== undefined && before[field] !== device[field])
      // What it is comes before how it is.
      const field = changed.find((name) => !MODE.has(name)) ?? changed[0]
      if (field === undefined) return undefined
      const severity = MODE.has(field) ? 'high' : 'critical'
      const evidence = { field, before: before[field] ?? '', now: device[field] ?? '' }
      return { code: 'identity-change', severity, subject: place, key: `${place} ${field}`, owner: ownerOf(seen), evidence }
    },
  }
}
