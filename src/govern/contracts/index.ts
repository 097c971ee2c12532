export { isEnforced } from './check.ts'
export { type ChangeKind, type ContractChange, diffContracts } from './diff.ts'
export { type ContractWatch, createContractWatch } from './watch.ts'
