export { buildGraph, type Computed, type Declarations, type DeclaredSignal, type Result } from './build.ts'
export { nameOf, type Reached, reach } from './graph.ts'
export { GRAPH_LIMITS } from './limits.ts'
export { placesUnder } from './places.ts'
