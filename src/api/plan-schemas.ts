import { z } from 'zod'
import { DEPENDENCY_KINDS } from '../core/dependencies.ts'

/** The shapes of plans on the HTTP surface. */

const count = z.int()
const counts = z.array(z.object({ kind: z.enum(DEPENDENCY_KINDS), count }))

const thing = z.object({
  kind: z.enum(DEPENDENCY_KINDS),
  id: z.string(),
  equipment: z.string().optional().describe('where it is; absent: nowhere in particular'),
  why: z.enum(['input-gone', 'not-made', 'refused', 'through', 'upstream']).describe('what is gone, refused, or behind what'),
  detail: z.string(),
})
export type PlannedItem = z.infer<typeof thing>

const consequences = z.object({
  total: count,
  counts: counts.describe('of all'),
  groups: z.array(
    z.object({
      equipment: z.string().nullable().describe('null: nowhere in particular'),
      counts,
      items: z.array(thing).describe('those that found room in the answer'),
    }),
  ),
})
export type Consequences = z.infer<typeof consequences>

const load = z.object({ signals: count, readingsPerSecond: z.number().optional(), requestsPerSecond: z.number().optional() })

export const problemInFile = z.object({
  file: z.string(),
  line: count,
  column: count,
  level: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
})

export const planAnswer = z.object({
  ok: z.boolean().describe('the new file passes lint'),
  problems: z.array(problemInFile).describe('of the new file, those that the running one does not have; where it cannot be compared, all'),
  problemsTotal: count,
  digest: z.string().optional().describe('SHA-256 over the files as they would run, hexadecimal: what people approve'),
  plan: z
    .object({
      before: z.string().describe('the version that runs'),
      changes: z.array(
        z.object({
          is: z.enum(['added', 'removed', 'changed']),
          kind: z.enum([...DEPENDENCY_KINDS, 'setting']),
          ids: z.array(z.string()).describe('the first of them'),
          idsTotal: count,
          keys: z
            .array(z.object({ key: z.string(), before: z.string().optional(), after: z.string().optional() }))
            .describe('values as JSON'),
          cosmetic: z.boolean().describe('no number changes'),
          breaks: counts,
          changes: counts,
        }),
      ),
      changesTotal: count,
      breaks: consequences,
      touches: consequences.describe('what stays, and whose numbers may be others'),
      contracts: z.array(
        z.object({
          id: z.string(),
          version: z.string(),
          otOwner: z.string().optional(),
          itOwner: z.string().optional(),
          isBroken: z.boolean(),
        }),
      ),
      people: z.array(
        z.object({ name: z.string(), roles: z.array(z.enum(['ot-owner', 'it-owner', 'author'])), breaks: count, changes: count }),
      ),
      recompute: z.array(z.string()),
      load: z.array(z.object({ connection: z.string(), before: load.optional(), after: load.optional() })),
    })
    .optional()
    .describe('absent: the file cannot be read so far that it could be compared'),
})
export type PlanAnswer = z.infer<typeof planAnswer>
