import { z } from 'zod'
import { planAnswer } from './plan-schemas.ts'

/** The shapes of changes of the configuration and their approvals. */

const time = z.iso.datetime()
const digest = z.string().describe('SHA-256 over the files, hexadecimal')

export const configurationChange = z.object({
  digest,
  before: z.string().describe('version that ran when it was proposed'),
  proposed: z.object({
    who: z.string(),
    isAccount: z.boolean().describe('false: the command line or a token, which name nobody; it takes one approval more'),
    reason: z.string(),
    time,
  }),
  approvals: z.array(z.object({ who: z.string(), roles: z.array(z.string()), reason: z.string(), time })),
  missing: z.int().describe('approvals that it lacks'),
  isRunning: z.boolean(),
})
export type ChangeView = z.infer<typeof configurationChange>

export const APPROVAL_STATES = ['approved', 'not-asked', 'missing', 'unknown'] as const

/** `GET /api/v1/changes`. */
export const changeList = z.object({
  rule: z
    .object({ approvals: z.int(), by: z.array(z.string()), unapproved: z.enum(['care', 'refuse']) })
    .describe('what is asked of the next change: `governance.changes` of the configuration that was last let in'),
  running: z.object({ version: z.string(), digest, state: z.enum(APPROVAL_STATES) }),
  changes: z.array(configurationChange).describe('newest first'),
})
export type ChangeList = z.infer<typeof changeList>

/** `GET /api/v1/changes/DIGEST`. */
export const changeDetail = z.object({
  change: configurationChange,
  entry: z.string(),
  files: z.array(z.object({ name: z.string(), text: z.string() })),
})

/** `POST /api/v1/changes`. */
export const proposedAnswer = planAnswer.extend({ change: configurationChange.optional().describe('absent: the files do not pass lint') })
export type ProposedAnswer = z.infer<typeof proposedAnswer>
