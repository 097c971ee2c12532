import { flowName } from '../baseline.ts'
import type { Detector } from '../detector.ts'
import { isOutside } from './new-egress.ts'

/** Two that never talked before; towards the outside that is another finding. */
export const newTalker: Detector = {
  observe(seen, { baseline, ownerOf }) {
    if (!baseline || baseline.flow(seen) || isOutside(seen.destination)) return undefined
    const { via, source, destination, port, protocol } = seen
    return {
      code: 'new-talker',
      severity: 'high',
      subject: flowName(seen),
      owner: ownerOf(seen),
      evidence: { via, source, destination, port, protocol },
    }
  },
}
