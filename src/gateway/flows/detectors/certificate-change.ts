import { type FlowEnds, type FlowView, SELF } from '../../../core/flows.ts'
import type { Detector } from '../detector.ts'
import { FLOW_LIMITS } from '../limits.ts'

/** Another certificate, or another proven name, at the same address than was accepted or first seen there. */
export function certificateChange(known: readonly FlowView[] = []): Detector {
  const first = new Map<string, string>()
  for (const { identities, ...ends } of known) if (identities[0] !== undefined) first.set(placeOf(ends), identities[0])
  return {
    observe(seen, { baseline, ownerOf }) {
      const { identity } = seen
      if (identity === undefined) return undefined
      const place = placeOf(seen)
      const accepted = baseline?.flow(seen)?.identities ?? []
      const before = first.get(place)
      if (before === undefined && first.size < FLOW_LIMITS.flows) first.set(place, identity)
      const expected = accepted.length > 0 ? accepted : before === undefined ? [identity] : [before]
      if (expected.includes(identity)) return undefined
      const evidence = { before: expected[0] ?? '', now: identity }
      return { code: 'certificate-change', severity: 'critical', subject: place, owner: ownerOf(seen), evidence }
    },
  }
}

/** Who showed it: whoever is asked, or whoever dialled us. */
const placeOf = ({ source, destination, port }: FlowEnds): string => (destination === SELF ? source : `${destination}:${port}`)
