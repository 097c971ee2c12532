import { flowName, serviceOf } from '../baseline.ts'
import type { Detector } from '../detector.ts'

/** A known pair asks for something it never asked for. A write is a finding of its own. */
export const newService: Detector = {
  observe(seen, { baseline, ownerOf }) {
    const flow = baseline?.flow(seen)
    if (!flow || seen.service === undefined || seen.isWrite || serviceOf(flow, seen.service)) return undefined
    const { service, unit } = seen
    const subject = flowName(seen)
    return {
      ...{ code: 'new-service', severity: 'high', subject, key: `${subject} ${service}`, owner: ownerOf(seen) },
      evidence: { service, ...(unit !== undefined && { unit }) },
    }
  },
}
