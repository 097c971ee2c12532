import { z } from 'zod'
import type { AuditEntry } from '../../core/audit.ts'
import type { ApprovalState, ChangeRule, ConfigurationChange } from '../../core/changes.ts'

/**
 * How many approvals a change lacks. Whoever proposed it does not count; a proposal that names nobody (the command line, a token) may be that of any approver, so it
 * takes one more.
 */
export function missingApprovals(change: ConfigurationChange | undefined, { approvals, by }: ChangeRule): number {
  if (approvals === 0) return 0
  const { who, isAccount } = change?.proposed ?? { who: '', isAccount: true }
  const counted = new Set(
    change?.approvals
      .filter((one) => one.who !== who && (by.length === 0 || one.roles.some((role) => by.includes(role))))
      .map((one) => one.who),
  )
  return Math.max(0, (isAccount ? approvals : approvals + 1) - counted.size)
}

/** What a start leaves in the audit log of how it stood with approvals, so that the next one knows what is asked of it. */
export interface StartedUnder {
  readonly digest: string
  readonly rule: ChangeRule
  readonly state: Exclude<ApprovalState, 'unknown'>
}

/** How a start stands: the rule it was held to, the one that is in force from then on, and whether it must not be. */
export interface StartDecision extends StartedUnder {
  readonly isRefused: boolean
}

/**
 * A configuration is held to the rule of the one that was last let in, so that a file cannot excuse itself; without one before it, to its own. Without its approvals
 * it brings no rule of its own into force. `refuse` needs a configuration to go back to: a first start is never refused.
 */
export function decideStart(
  before: StartedUnder | undefined,
  { digest, rule: own }: Pick<StartedUnder, 'digest' | 'rule'>,
  change: ConfigurationChange | undefined,
): StartDecision {
  const asked = before?.rule ?? own
  const told = { digest, isRefused: false }
  // It was let in before: what it asks of others since is not asked of itself.
  if (before?.digest === digest && before.state !== 'missing') return { ...told, rule: own, state: before.state }
  if (missingApprovals(change, asked) > 0)
    return {
      digest,
      rule: asked,
      state: 'missing',
      isRefused: asked.unapproved === 'refuse' && before !== undefined && before.digest !== digest,
    }
  return { ...told, rule: own, state: asked.approvals === 0 ? 'not-asked' : 'approved' }
}

export function startedDetail({ digest, rule, state }: StartedUnder): Record<string, string | number> {
  return { digest, approvals: rule.approvals, by: rule.by.join(','), unapproved: rule.unapproved, approval: state }
}

const detail = z.object({
  digest: z.string(),
  approvals: z.number(),
  by: z.string(),
  unapproved: z.enum(['care', 'refuse']),
  approval: z.enum(['approved', 'not-asked', 'missing']),
})

/** Undefined where the start said nothing of it. */
export function startedUnder(entry: AuditEntry | undefined): StartedUnder | undefined {
  const read = detail.safeParse(entry?.detail)
  if (!read.success) return undefined
  const { digest, approvals, by, unapproved, approval: state } = read.data
  return { digest, rule: { approvals, by: by === '' ? [] : by.split(','), unapproved }, state }
}
