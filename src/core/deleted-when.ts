import { z } from 'zod'
import { parsePath } from '../lib/json-path.ts'

/** How a pushed row says that its record is no more. */
export const deletedWhen = z
  .strictObject({
    field: z
      .string()
      .min(1)
      .max(512)
      .refine((text) => parsePath(text) !== undefined, 'a path is names and indices: status, meta.operation'),
    equals: z.union([z.string().max(256), z.number(), z.boolean()]),
  })
  .describe('A row with this value in this field says that the record is gone, e.g. { field: op, equals: D }')
export type DeletedWhen = z.output<typeof deletedWhen>
