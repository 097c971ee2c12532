export { type ChangeKind, type ContractChange, diffContracts } from './diff.ts'
export { createContractWatch } from './watch.ts'
