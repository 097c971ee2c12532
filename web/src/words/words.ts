import type { en } from './en.ts'

/** Every text of the pages. English is the master: a key that French lacks, or has too many, does not compile. */
export type Words = typeof en
