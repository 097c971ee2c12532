import { coversService, flowName, rangeText } from '../baseline.ts'
import type { Detector } from '../detector.ts'

/**
 * Something is written to a device. This node never writes, so there is no intent of ours that could explain it; only a writer that an operator has reviewed
 * and accepted, with the same service and addresses, is expected.
 */
export const unexpectedWrite: Detector = {
  observe(seen, { baseline, ownerOf }) {
    if (!seen.isWrite) return undefined
    const { service = 'write', address, addresses = 1, unit } = seen
    const flow = baseline?.flow(seen)
    if (flow && coversService(flow, service, address, addresses)) return undefined
    const subject = flowName(seen)
    return {
      ...{ code: 'unexpected-write', severity: 'critical', subject, key: `${subject} ${service}`, owner: ownerOf(seen) },
      evidence: {
        ...{ source: seen.source, destination: seen.destination, service },
        ...(address !== undefined && { addresses: rangeText(address, address + Math.max(1, addresses) - 1) }),
        ...(unit !== undefined && { unit }),
      },
    }
  },
}
