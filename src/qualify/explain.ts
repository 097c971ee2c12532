import picomatch from 'picomatch'
import type { Declared } from '../core/record-content.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { type Micros, parseTime } from '../core/time.ts'
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
export function explain(reason: string, definition: SignalDefinition, declared: Declared = {}, time?: Micros): RuleExplanation | undefined {
  const { model, author } = definition
  const kind = RULES.find(({ reasons }) => reasons.includes(reason))
  if (kind) {
    const recorded = reason === 'calibration-expired' && definition.calibratedUntil === undefined
    const parameters = recorded ? { records: recordsOf(declared) } : (kind.parametersOf(definition) ?? {})
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
  if (reason === 'clock-offset') return { reason, rule: reason, version: 1, parameters: clockOf(definition, declared) }
  if (reason === 'under-maintenance') return maintained(definition, declared, time)
  const [rule, name = ''] = reason.split(':')
  if (rule === 'peers') {
    const { author: by, ...parameters } = (declared.peers?.[name] ?? {}) as { author?: string }
    return { reason, rule, version: 2, parameters: { name, ...parameters }, ...(by !== undefined && { author: by }) }
  }
  return undefined
}

/** Every rule that judges a signal, whether it fires or not: those of its own declaration, and the groups of peers it is in. */
export function appliedRules(definition: SignalDefinition, declared: Declared = {}): RuleExplanation[] {
  const own = RULES.flatMap((kind) => (kind.parametersOf(definition) ? (explain(kind.reasons[0] as string, definition) ?? []) : []))
  const groups = Object.entries(declared.peers ?? {}).filter(([, group]) => membersOf(group).some((id) => isSame(id, definition.id)))
  return [...own, ...groups.flatMap(([name]) => explain(`peers:${name}`, definition, declared) ?? [])]
}

function clockOf({ connection }: SignalDefinition, { clocks }: Declared): Record<string, unknown> {
  const clock = clocks?.[connection]
  return { connection, ...(clock && { maxOffset: `${clock.maxOffsetMs / 1000} s` }) }
}

const recordsOf = ({ calibrationRecords = [] }: Declared): string[] => [...new Set(calibrationRecords.map(({ record }) => record))]

/** The window that covers the reading. */
function maintained(
  { id }: SignalDefinition,
  { maintenance = [], maintenanceRecords }: Declared,
  time: Micros | undefined,
): RuleExplanation {
  const site = id.slice(0, id.indexOf('/') + 1)
  const window = maintenance.find(({ signals, from, to }) => {
    const isTime = time === undefined || (time >= parseTime(from) && time < parseTime(to))
    return isTime && picomatch.isMatch(id, `${site}${signals}`)
  }) as { from: string; to: string; reason?: string; author?: string } | undefined
  if (!window && (maintenanceRecords ?? []).length > 0) {
    const records = (maintenanceRecords ?? []).map(({ record }) => record)
    return { reason: 'under-maintenance', rule: 'maintenance', version: 1, parameters: { records: [...new Set(records)] } }
  }
  const { from, to, reason, author } = window ?? {}
  const parameters = { ...(from && { from }), ...(to && { to }), ...(reason && { reason }) }
  return { reason: 'under-maintenance', rule: 'maintenance', version: 1, parameters, ...(author && { author }) }
}

function membersOf(group: object): string[] {
  const { same = [], total, parts = [] } = group as { same?: string[]; total?: string; parts?: string[] }
  return [...same, ...parts, ...(total === undefined ? [] : [total])]
}

/** Groups name their members under the site. */
const isSame = (member: string, id: string): boolean => id === member || id.endsWith(`/${member}`)
