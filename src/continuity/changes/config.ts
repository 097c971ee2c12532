import { z } from 'zod'
import { CHANGE_LIMITS } from './limits.ts'

/** Key `governance` of `ecluse.yaml`. */
export const governanceConfig = z
  .strictObject({
    changes: z
      .strictObject({
        approvals: z
          .int()
          .min(0)
          .max(CHANGE_LIMITS.asked)
          .default(0)
          .describe('People who must approve a change of this file, besides whoever proposes it; 0: nobody is asked'),
        by: z
          .array(z.string().regex(/^[^,]{1,64}$/))
          .refine((all) => all.join(',').length <= CHANGE_LIMITS.rolesLength, `more than ${CHANGE_LIMITS.rolesLength} characters`)
          .default([])
          .describe('Roles, one of which an approver has; none: whoever may operate everywhere'),
        unapproved: z
          .enum(['care', 'refuse'])
          .default('care')
          .describe('A node that starts with a changed file without its approvals: says so in findings and passports, or does not start'),
      })
      .prefault({})
      .describe('Who lets a changed configuration run; a change is held to what the file before it asked for'),
  })
  .describe('Who decides what')
