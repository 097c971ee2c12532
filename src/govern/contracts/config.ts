/** What reading a configuration needs of contracts. */
export { checkBinding, type KnownSignal, type KnownSignals, STATUSES } from './check.ts'
export { readCheck, type WrittenCheck } from './checks.ts'
export { durationUs, flatten, isPattern, toContract } from './contract.ts'
export { CONTRACT_FIELDS, PROPERTY_FIELDS, readFields } from './fields.ts'
export { CONTRACT_LIMITS } from './limits.ts'
export { API_VERSIONS, foreignOptions, type Odcs, odcs, optionsOf } from './schema.ts'
export { contractWords } from './words.ts'
