import type { FlowView } from '../../../core/flows.ts'
import type { Detector } from '../detector.ts'
import { FLOW_LIMITS } from '../limits.ts'

/** Another certificate, or another proven name, at the same address than was accepted or first seen there. */
export function certificateChange(known: readonly FlowView[] = []): Detector {
  const first = new Map<string, string>()
  for (const { destination, port, identities } of known) if (identities[0] !== undefined) first.set(`${destination}:${port}`, identities[0])
  return {
    observe(seen, { baseline, ownerOf }) {
      const { identity, destination, port } = seen
      if (identity === undefined) return undefined
      const place = `${destination}:${port}`
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
