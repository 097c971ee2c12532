/** What passed, and what did not by reason, since the start of the process. */
export interface PassCounts {
  passed: number
  readonly refused: Record<string, number>
}

/** Of one crossing: in all, and by the conduit that decided. What no conduit comes near to is in the sum alone. */
export interface GateCounts extends PassCounts {
  readonly byConduit: Map<string, PassCounts>
}

export const noCounts = (): GateCounts => ({ passed: 0, refused: {}, byConduit: new Map() })

export function countPassed(counts: GateCounts, conduit: string | undefined, count: number): void {
  counts.passed += count
  if (conduit !== undefined && count > 0) ofConduit(counts, conduit).passed += count
}

export function countRefused(counts: GateCounts, conduit: string | undefined, reason: string, count: number): void {
  counts.refused[reason] = (counts.refused[reason] ?? 0) + count
  if (conduit === undefined) return
  const { refused } = ofConduit(counts, conduit)
  refused[reason] = (refused[reason] ?? 0) + count
}

/** The conduit that let the most of it pass. */
export function mostUsed({ byConduit }: GateCounts): string | undefined {
  let most: string | undefined
  let passed = 0
  for (const [name, counts] of byConduit) if (counts.passed > passed) [most, passed] = [name, counts.passed]
  return most
}

function ofConduit({ byConduit }: GateCounts, name: string): PassCounts {
  let counts = byConduit.get(name)
  if (!counts) byConduit.set(name, (counts = { passed: 0, refused: {} }))
  return counts
}
