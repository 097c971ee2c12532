export type { PolicyConfig, PolicyTest } from './config.ts'
export { compilePolicy, decide, decideResult, inputsOf, type Policy, whoeverItIs } from './decide.ts'
export { toPolicy } from './declared.ts'
export { GLOB_LIMITS } from './limits.ts'
export { compilePeers } from './peers.ts'
export {
  type ConduitState,
  type Governed,
  matrixOf,
  type PolicyChange,
  roleMatrix,
  simulate,
  stateOf,
} from './simulate.ts'
export { runPolicyTests } from './tests.ts'
