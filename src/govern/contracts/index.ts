export { type ChangeKind, type ContractChange, diffContracts } from './diff.ts'
export { type ContractWatch, createContractWatch } from './watch.ts'
