/** What a graph of dependencies may cost. */
export const GRAPH_LIMITS = {
  /** Edges kept; patterns of many contracts over many signals could make more. The rest are counted. */
  edges: 2_000_000,
  /** Hops that one question may follow. */
  depth: 64,
} as const
