import type { SignalDefinition } from '../core/signals.ts'
import { RULES } from './rules/index.ts'

/** What stands behind a reason: the rule, its version, what was declared, by whom. */
export interface RuleExplanation {
  readonly reason: string
  readonly rule: string
  readonly version: number
  readonly parameters: Readonly<Record<string, unknown>>
  /** The template the declaration came from. */
  readonly model?: string
  readonly author?: string
}

/** The rule behind a reason, as the definition in force at the time declared it; undefined for reasons that no rule gives (the device's own, liveness). */
export function explain(
  reason: string,
  definition: SignalDefinition,
  peers: Readonly<Record<string, object>> = {},
): RuleExplanation | undefined {
  const { model, author } = definition
  const kind = RULES.find(({ reasons }) => reasons.includes(reason))
  if (kind) {
    const parameters = kind.parametersOf(definition) ?? {}
    return {
      reason,
      rule: kind.id,
      version: kind.version,
      parameters,
      ...(model !== undefined && { model }),
      ...(author !== undefined && { author }),
    }
  }
  // Its limit stands at the connection (`clock.maxOffset`), not at the signal.
  if (reason === 'clock-offset') return { reason, rule: reason, version: 1, parameters: { connection: definition.connection } }
  if (reason === 'under-maintenance') return { reason, rule: 'maintenance', version: 1, parameters: {} }
  const [rule, name = ''] = reason.split(':')
  if (rule === 'peers') {
    const { author: by, ...parameters } = (peers[name] ?? {}) as { author?: string }
    return { reason, rule, version: 2, parameters: { name, ...parameters }, ...(by !== undefined && { author: by }) }
  }
  return undefined
}

/** Every rule that judges a signal, whether it fires or not. */
export function appliedRules(definition: SignalDefinition): RuleExplanation[] {
  return RULES.flatMap((kind) => (kind.parametersOf(definition) ? (explain(kind.reasons[0] as string, definition) ?? []) : []))
}
