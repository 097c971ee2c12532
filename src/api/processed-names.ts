import { AGGREGATES } from '../core/historian.ts'
import { FUNCTIONS, type FunctionName } from '../process/aggregates/index.ts'

/** Functions of OPC 10000-13 whose names the plain statistics of the historian already have here, over all samples that are not Bad. */
type Taken = 'Average' | 'Count' | 'Minimum' | 'Maximum' | 'PercentGood'

/** A function of OPC 10000-13 in a query: its BrowseName with a small first letter. */
export type ProcessedName = Uncapitalize<Exclude<FunctionName, Taken>>

const asked = (name: FunctionName) => (name.charAt(0).toLowerCase() + name.slice(1)) as ProcessedName

/** By name in a query. */
export const PROCESSED: ReadonlyMap<string, FunctionName> = new Map(
  (Object.keys(FUNCTIONS) as FunctionName[]).flatMap((name) =>
    (AGGREGATES as readonly string[]).includes(asked(name)) ? [] : [[asked(name), name] as const],
  ),
)

export const PROCESSED_NAMES = [...PROCESSED.keys()] as ProcessedName[]
