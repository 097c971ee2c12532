import { z } from 'zod'
import { isSignalId } from './names.ts'
import type { SignalDefinition } from './signals.ts'
import { DAY } from './time.ts'

/** Pieces of schema that several parts of the file share. All objects are strict: an unknown key is an error. */

const UNITS_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }
const UNITS_BYTES: Record<string, number> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
}

/** Said in the person's language where the file is checked (`src/config/words`). */
const DURATION_FORM = '@duration'
const SIZE_FORM = '@size'

/** `500ms`, `5s`, `2min`, `1h`, `7d` as milliseconds. */
export const duration = z
  .string(DURATION_FORM)
  .regex(/^\d+(\.\d+)?(us|ms|s|min|h|d)$/, DURATION_FORM)
  .transform((text) => quantity(text, UNITS_MS))
  .describe('Duration: 500ms, 5s, 2min, 1h, 7d')

/** `64MiB`, `2GB` as bytes. */
export const byteSize = z
  .string(SIZE_FORM)
  .regex(/^\d+(\.\d+)?([KMGT]iB|[kMGT]?B)$/, SIZE_FORM)
  .transform((text) => Math.round(quantity(text, UNITS_BYTES)))
  .describe('Size: 64MiB, 2GiB')

function quantity(text: string, units: Record<string, number>): number {
  const split = text.search(/[A-Za-z]/)
  return Number(text.slice(0, split)) * (units[text.slice(split)] as number)
}

/** Text per language. */
export const label = z
  .strictObject({ fr: z.string().min(1).max(200).optional(), en: z.string().min(1).max(200).optional() })
  .describe('Text per language')

/**
 * A secret. In the file only `${env:NAME}` or `${file:/path}`; the loader replaces it before the schema sees it, and lint refuses a literal.
 * The mark `secret: true` in the JSON Schema is how lint and the UI know it.
 */
export const secret = z.string().min(1).meta({ secret: true, description: 'Secret: ${env:NAME} or ${file:/path}, never a literal' })

/** A name or address, without port. An IPv6 address may stand in brackets, as it does before a port. */
export const hostName = z
  .string()
  .min(1)
  .max(253)
  .overwrite((text) => text.replace(/^\[([\da-f:.]+)\]$/i, '$1'))

export const signalId = z
  .string()
  .refine(isSignalId, 'an id is segments of letters, digits, _ . : - joined by /')
  .describe('Equipment path and name under the site, e.g. baggage/carousel-3/motor/current')

/** A zone of the policy, where a part of the file says which one the other end is in; lint asks whether it is declared. */
export const zoneName = z.string().min(1).max(64)

/** A unit of measure; lint asks `core/units` whether somebody knows it. */
export const unitText = z.string().min(1).max(64).describe('UCUM code or what plants write for it: A, Cel, kW.h, barg, Nm3/h')

const limits = (what: string) =>
  z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, 'the lower limit must be below the upper one')
    .describe(what)

/** The source's code of a state, and a declared state: YAML keys are texts, whatever the source sends. */
const stateName = z.string().min(1).max(64)

/** What a good reading is: the keys of a model, and of a signal that tightens or overrides its model. */
const quality = {
  unit: unitText.optional(),
  displayUnit: unitText.optional().describe('Unit people see; the stored value stays in `unit`'),
  decimals: z.int().min(0).max(12).optional().describe('Digits after the decimal point when shown'),
  range: limits('Engineering range: what a sound reading may be, in the unit').optional(),
  instrumentRange: limits('What the instrument can measure at all, in the unit').optional(),
  resolution: z.number().positive().optional().describe('Smallest step the instrument can show, in the unit'),
  reportDeadband: z.number().positive().optional().describe('The source reports only changes larger than this, in the unit'),
  expectedPeriod: duration.optional().describe('Longest time between samples when all is well'),
  maxRatePerSecond: z.number().positive().optional().describe('Largest plausible change per second, in the unit'),
  flatLine: duration.optional().describe('A value that does not change at all for longer than this is suspect'),
  spike: z
    .strictObject({
      threshold: z.number().min(2).max(100).default(6).describe('Robust standard deviations (Hampel) from the neighbours'),
      minimum: z.number().min(0).default(0).describe('Nothing nearer than this is a spike, in the unit'),
    })
    .optional()
    .describe('A single reading far from its neighbours'),
  lateAfter: duration.optional().describe('A reading older than this on arrival is marked late; default 1min'),
  acceptLate: duration.optional().describe('A reading older than this on arrival is too late: stored, Uncertain; default: any age'),
  staleAfter: duration.optional().describe('A repeated reading whose own time is older than this is stale'),
  counter: z
    .strictObject({ rollover: z.number().positive().optional().describe('From this value it begins again at 0, e.g. 4294967296') })
    .optional()
    .describe('A value that only counts up'),
  mayFall: z.literal(true).optional().describe('It may go down, and is no counter: differences (Delta, DeltaBounds) over a fall are meant'),
  stateCodes: z.record(z.string().min(1).max(64), stateName).optional().describe('Codes of the source and the declared states they mean'),
  transitions: z.record(stateName, z.array(stateName)).optional().describe('From each state, the ones that may follow'),
  maxStateTime: z.record(stateName, duration).optional().describe('Longest time in each state when all is well, e.g. { starting: 30s }'),
  calibratedUntil: z.iso.date().optional().describe('Last day (UTC) the calibration holds, e.g. 2027-03-31'),
  maxSamplesPerSecond: z.number().positive().optional().describe('More than this of source time is dropped and counted; default 100000'),
  author: z.string().min(1).max(128).optional().describe('Who answers for this declaration'),
}

/** A typed template that signals bind to with `model: NAME`. */
export const signalModel = z
  .strictObject({
    label: label.optional(),
    ...quality,
    states: z.record(stateName, label.nullish()).optional().describe('The states there are, with their labels'),
  })
  .describe('What a good reading of this kind is')

/** Keys every configured signal may have, whatever the connector; extended with the address by each. */
export const signalBase = z.strictObject({
  id: signalId,
  label: label.optional(),
  model: z.string().min(1).max(64).optional().describe('Name of a model; keys given here replace those of the model'),
  canary: z.boolean().optional().describe('Nobody should touch it: its value never changes by itself, and nobody asks for it'),
  without: z.array(z.string()).max(32).optional().describe('Keys of the model that do not apply to this signal'),
  ...quality,
})
export type SignalBase = z.infer<typeof signalBase>

/** The definition of a configured signal; the connector adds what it knows. */
export function toDefinition(
  declared: SignalBase,
  known: Pick<SignalDefinition, 'id' | 'connection' | 'address' | 'dataType' | 'sourceUnit'>,
): SignalDefinition {
  const { label, model, decimals, calibratedUntil, stateCodes, unit, displayUnit, range, instrumentRange, resolution, reportDeadband } =
    declared
  const { maxRatePerSecond, spike, counter, mayFall, transitions, maxSamplesPerSecond, author } = declared
  const us = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms * 1000)
  return {
    ...known,
    ...present({
      label,
      unit,
      displayUnit,
      decimals,
      range,
      instrumentRange,
      resolution,
      deadband: reportDeadband,
      maxRatePerSecond,
      spike,
      transitions,
    }),
    ...present({ maxSamplesPerSecond, author, model, counter, mayFall, states: stateCodes }),
    ...present({ expectedPeriodUs: us(declared.expectedPeriod), flatLineUs: us(declared.flatLine), lateAfterUs: us(declared.lateAfter) }),
    ...(declared.maxStateTime && {
      maxStateUs: Object.fromEntries(Object.entries(declared.maxStateTime).map(([state, ms]) => [state, ms * 1000])),
    }),
    ...present({ acceptLateUs: us(declared.acceptLate), staleAfterUs: us(declared.staleAfter) }),
    // The whole last day counts.
    ...(calibratedUntil !== undefined && { calibratedUntil: Date.parse(calibratedUntil) * 1000 + DAY - 1 }),
  } as SignalDefinition
}

/** The keys that are there. */
function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
