import { testFaults } from './short.ts'

await testFaults(undefined)
