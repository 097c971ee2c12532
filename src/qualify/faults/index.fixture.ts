export type { Fault } from './inject.fixture.ts'
export { DETECTS, type Run, runPlant, type Score } from './score.fixture.ts'
