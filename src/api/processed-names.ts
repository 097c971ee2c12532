import { FUNCTIONS, type FunctionName } from '../core/aggregates/index.ts'
import { AGGREGATES } from '../core/historian.ts'

/** Functions of OPC 10000-13 whose names, with a small first letter, the plain statistics of the historian have: those count samples that are not Bad. */
type Taken = 'Average' | 'Count' | 'Minimum' | 'Maximum' | 'PercentGood'

/** A function of OPC 10000-13 in a query: its BrowseName (`Average`, `TimeAverage2`), or that with a small first letter where it is free. */
export type ProcessedName = FunctionName | Uncapitalize<Exclude<FunctionName, Taken>>

const NAMES = Object.keys(FUNCTIONS) as FunctionName[]
const small = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)
const isTaken = (name: FunctionName) => (AGGREGATES as readonly string[]).includes(small(name))

/** By name in a query. */
export const PROCESSED: ReadonlyMap<string, FunctionName> = new Map([
  ...NAMES.flatMap((name) => (isTaken(name) ? [] : [[small(name), name] as const])),
  ...NAMES.map((name) => [name, name] as const),
])

export const PROCESSED_NAMES = [...PROCESSED.keys()] as ProcessedName[]

/** One name for each, to tell people. */
export const SAID_NAMES: readonly string[] = NAMES.map((name) => (isTaken(name) ? name : small(name)))
