/** What a graph of dependencies may cost. */
export const GRAPH_LIMITS = {
  /** Edges kept; patterns of many contracts over many signals could make more. The rest are counted. */
  edges: 2_000_000,
  /** Hops that a question over HTTP may ask for. */
  depth: 64,
} as const
