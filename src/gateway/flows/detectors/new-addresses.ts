import { coversService, flowName, rangeText, serviceOf } from '../baseline.ts'
import type { Detector } from '../detector.ts'
import { covers } from '../ranges.ts'

/** A known pair asks with a known service for addresses, or a unit, that it never asked for. One finding for each service, whatever the addresses. */
export const newAddresses: Detector = {
  observe(seen, { baseline, ownerOf }) {
    const flow = baseline?.flow(seen)
    const { service, unit, address, addresses = 1, isWrite } = seen
    if (!flow || service === undefined || isWrite || !serviceOf(flow, service)) return undefined
    const isKnownUnit = unit === undefined || covers(flow.units, unit, unit)
    if (isKnownUnit && coversService(flow, service, address, addresses)) return undefined
    const subject = flowName(seen)
    const asked = address === undefined ? 'any' : rangeText(address, address + Math.max(1, addresses) - 1)
    return {
      ...{ code: 'new-addresses', severity: 'medium', subject, key: `${subject} ${service}`, owner: ownerOf(seen) },
      evidence: { service, addresses: asked, ...(unit !== undefined && { unit }) },
    }
  },
}
