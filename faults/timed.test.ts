import { testFaults } from './short.ts'

// One after the other, and nothing beside them: they measure how long something takes.
await testFaults('nothing')
