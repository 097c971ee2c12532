import { z } from 'zod'
import { FUNCTIONS, type FunctionName } from '../core/aggregates/index.ts'
import { duration, label, signalId, unitText } from '../core/config-parts.ts'
import { EXPRESSION_LIMITS, type Variable } from '../core/expression/index.ts'
import { PROCESS_LIMITS } from './limits.ts'

/** A name that stands in expressions. CEL has plain letters only. */
const inputName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, '@badInput')
const expression = (what: string) => z.string().min(1).max(EXPRESSION_LIMITS.characters).describe(`${what} (CEL)`)
const functionName = z.enum(Object.keys(FUNCTIONS) as [FunctionName, ...FunctionName[]]).describe('A function of OPC UA Part 13')
const interpolation = z.enum(['previous', 'linear', 'none'])
const tolerance = duration.describe('A reading older than this says nothing any more; default: twice its expectedPeriod')

const input = z.union([
  signalId,
  z.strictObject({
    signal: signalId,
    type: z.enum(['number', 'boolean', 'text']).default('number').describe('boolean: 0 is false, any other number true'),
    interpolation: interpolation.default('previous').describe('Between readings: the last one holds, a line, or nothing'),
    tolerance: tolerance.optional(),
  }),
])

const inputs = z
  .record(inputName, input)
  .refine((all) => Object.keys(all).length >= 1 && Object.keys(all).length <= PROCESS_LIMITS.inputs, '@countInputs')
  .describe('Signals by the names they have in expressions; relative to the place where there is `for`')

const common = {
  label: label.optional(),
  for: z
    .string()
    .min(1)
    .max(PROCESS_LIMITS.globLength)
    .optional()
    .describe('Glob over equipment under the site: one declaration for each of them, e.g. baggage/carousel-*; ids are then relative to it'),
  author: z.string().min(1).max(128).optional().describe('Who answers for this declaration'),
}

const mayFall = z.literal(true).optional().describe('It may go down: differences of it over a fall are meant')

export const derivedSignal = z.strictObject({
  id: signalId.describe('The new signal'),
  ...common,
  inputs,
  expression: expression('What it is'),
  type: z.enum(['number', 'boolean', 'text']).default('number'),
  unit: unitText.optional(),
  decimals: z.int().min(0).max(12).optional(),
  mayFall,
  tolerance: tolerance.optional(),
})

const windowKind = z.union([
  z.strictObject({ tumbling: duration.describe('Length; aligned to the epoch') }),
  z.strictObject({ sliding: duration.describe('Length'), every: duration.describe('From one to the next; aligned to the epoch') }),
  z.strictObject({ session: duration.describe('Readings that are nearer to one another belong together') }),
  z.strictObject({ state: signalId.describe('From one change of this signal to the next') }),
])

export const windowOverSignal = z.strictObject({
  id: signalId.describe('The new signal; of sessions and states the name of the events'),
  ...common,
  signal: signalId,
  window: windowKind,
  function: functionName,
  mayFall,
  interpolation: z.enum(['previous', 'linear']).default('previous'),
  tolerance: tolerance.optional(),
  minimumCoverage: z
    .number()
    .min(0)
    .max(100)
    .default(80)
    .describe('Percentage of the time that must be known; with less the result is Uncertain, with none Bad'),
})

const condition = expression('True while it is so')

export const stateMachine = z.strictObject({
  id: signalId.describe('The new signal, a text'),
  ...common,
  inputs,
  states: z
    .record(z.string().min(1).max(64), condition)
    .refine((all) => Object.keys(all).length >= 1 && Object.keys(all).length <= PROCESS_LIMITS.states, '@countStates')
    .describe('States in order: the first whose condition is true'),
  debounce: duration.optional().describe('A state that lasts shorter than this is none'),
  tolerance: tolerance.optional(),
})

export const eventFrame = z.strictObject({
  id: z
    .string()
    .regex(/^[\p{L}_][\p{L}\p{N}_-]{0,63}$/u, '@badEvent')
    .describe('Name of the events'),
  ...common,
  inputs,
  start: condition.describe('An event begins when this becomes true (CEL)'),
  end: condition.optional().describe('It ends when this is true (CEL); default: `start` is not'),
  minimum: duration.optional().describe('Shorter ones are none'),
  mergeGap: duration.optional().describe('Those with less between them are one'),
  maximum: duration.prefault('7d').describe('One that lasts longer ends here, and another begins'),
  severity: z.int().min(1).max(1_000).optional().describe('1 to 1000, as in OPC UA Part 9'),
  attributes: z
    .record(inputName, z.strictObject({ signal: signalId, function: functionName, tolerance: tolerance.optional() }))
    .refine((all) => Object.keys(all).length <= PROCESS_LIMITS.attributes, '@countAttributes')
    .default({})
    .describe('What is computed of signals over each event'),
  tolerance: tolerance.optional(),
})

const list = <T extends z.ZodType>(item: T, what: string) => z.array(item).max(PROCESS_LIMITS.declarations).default([]).describe(what)

/** What is computed from what was measured. Durations arrive in milliseconds. */
export const processConfig = {
  derive: list(derivedSignal, 'New signals computed from others'),
  windows: list(windowOverSignal, 'Functions over windows of time'),
  states: list(stateMachine, 'States made of several signals'),
  events: list(eventFrame, 'Events with a beginning and an end'),
}
const whole = z.strictObject(processConfig)
export type ProcessConfig = z.output<typeof whole>
export type DerivedSignal = z.output<typeof derivedSignal>
export type WindowOverSignal = z.output<typeof windowOverSignal>
export type StateMachine = z.output<typeof stateMachine>
export type EventFrame = z.output<typeof eventFrame>
export type DeclaredInput = z.output<typeof input>

/** What reading a configuration needs besides. */
export { type LintContext, lintProcess, type ProcessFinding } from './lint.ts'
/** What declarations read. */
export { readsOf } from './reads.ts'
export { PROCESS_LIMITS }

const SECONDS: Variable = { type: 'number', unit: 's' }

/** Values of the events that the file declares, by the events' names. */
export function eventVariables({ events, windows }: Pick<ProcessConfig, 'events' | 'windows'>): Map<string, Record<string, Variable>> {
  const known = new Map<string, Record<string, Variable>>()
  for (const { id, attributes, severity } of events) {
    const own = Object.fromEntries(Object.keys(attributes).map((name) => [name, { type: 'number' } as const]))
    known.set(id, { duration: SECONDS, ...(severity !== undefined && { severity: { type: 'number' } }), ...own })
  }
  for (const { id, window } of windows)
    if ('session' in window || 'state' in window) known.set(id, { duration: SECONDS, value: { type: 'number' } })
  return known
}
