import { SECOND } from '../../../core/time.ts'
import { flowName } from '../baseline.ts'
import type { Detector } from '../detector.ts'
import { flowKey } from '../table.ts'
import { Burst } from './burst.ts'

const WINDOW = 60 * SECOND
/** Of a stranger. This node itself looks for the addresses that a device refuses, up to 64 requests in a poll, then lets them rest. */
const REFUSED = 20
const OWN_REFUSED = 200

/** A device refuses one peer again and again: somebody looks for what is there. */
export function exceptionBurst(): Detector {
  const bursts = new Burst(WINDOW)
  return {
    observe(seen, { ownerOf, isOwn }) {
      if (seen.exception === undefined) return undefined
      const count = bursts.count(flowKey(seen), seen.time)
      if (count < (isOwn(seen.source) ? OWN_REFUSED : REFUSED)) return undefined
      const evidence = { exceptions: count, seconds: WINDOW / SECOND, code: seen.exception }
      return { code: 'exception-burst', severity: 'high', subject: flowName(seen), owner: ownerOf(seen), evidence }
    },
  }
}
