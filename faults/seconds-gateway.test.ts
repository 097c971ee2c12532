import { testFaults } from './short.ts'

await testFaults('one', true)
