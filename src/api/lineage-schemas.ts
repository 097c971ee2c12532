import { z } from 'zod'
import { DEPENDENCY_KINDS } from '../core/dependencies.ts'

const label = z.object({ fr: z.string().optional(), en: z.string().optional() })
const kind = z.enum(DEPENDENCY_KINDS)

const thing = z.object({
  kind,
  id: z.string(),
  label: label.optional(),
  equipment: z.string().optional().describe('where it is; absent: nowhere in particular'),
})
export type LineageThing = z.infer<typeof thing>

/** What depends on something, or what it depends on, by what is declared. */
export const lineage = z.object({
  of: thing,
  direction: z.enum(['forward', 'backward']),
  depth: z.int(),
  total: z.int(),
  counts: z.array(z.object({ kind, count: z.int() })).describe('of all, in the order of kinds'),
  groups: z
    .array(z.object({ equipment: z.string().nullable(), counts: z.array(z.object({ kind, count: z.int() })) }))
    .describe('by equipment; null: nowhere in particular'),
  groupsTotal: z.int(),
  items: z.array(
    thing.extend({
      hops: z.int(),
      why: z.string().describe('why it depends on, or serves, `from`'),
      from: z.string().describe('KIND:ID from which it was reached'),
      ref: z.string().describe('how it is named there'),
    }),
  ),
  edgesLeft: z.int().optional().describe('dependencies that found no room in the graph; absent: none'),
  matching: z.int().describe('items that the filters leave; `items` has those from `offset` on'),
})
export type Lineage = z.infer<typeof lineage>

const whole = z.int()
/** The top of it: the equipment tree a step at a time, and what is declared for no place in particular. */
export const lineagePlaces = z.object({
  under: z.string().describe('path under the site; empty: the top'),
  places: z.array(
    z.object({
      path: z.string(),
      label: label.optional(),
      hasPlaces: z.boolean().describe('there are places below it'),
      signals: whole.describe('measured, at the place and below it'),
      derived: whole,
      results: whole.describe('events, correlations and figures that depend on them'),
      consumers: whole.describe('signals derived elsewhere, peer groups and contracts that depend on them'),
    }),
  ),
  placesTotal: whole,
  here: z.array(thing).describe('what stands at the place itself'),
  hereTotal: whole,
  kinds: z
    .array(z.object({ kind, count: whole }))
    .optional()
    .describe('at the top: everything there is, by kind'),
})
export type LineagePlaces = z.infer<typeof lineagePlaces>

/** Run events of one hour, in the form of OpenLineage 2-0-2. */
export const lineageEvents = z.object({ hour: z.iso.datetime(), events: z.array(z.record(z.string(), z.unknown())) })

export const configurationList = z.object({
  running: z.string(),
  configurations: z.array(z.object({ version: z.string(), keptTime: z.iso.datetime(), entry: z.string(), files: z.array(z.string()) })),
})

export const keptConfiguration = z.object({
  version: z.string(),
  entry: z.string(),
  files: z.array(z.object({ name: z.string(), text: z.string() })),
})
export type KeptConfigurationView = z.infer<typeof keptConfiguration>
export type ConfigurationListView = z.infer<typeof configurationList>
