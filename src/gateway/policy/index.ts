export type { PolicyConfig, PolicyTest } from './config.ts'
export { contradictions } from './contradictions.ts'
export { compilePolicy, decide, expiryOf, isPolicyGlob, type Policy } from './decide.ts'
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
} from './simulate.ts'
export { type RoleMay, runPolicyTests, type TestFinding, type TestResult } from './tests.ts'
