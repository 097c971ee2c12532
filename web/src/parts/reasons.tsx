import type { RuleExplanation, Signal } from '../../../src/api/schemas.ts'
import { useLanguage, type Words } from '../words/index.ts'
import { RuleNote } from './rule-note.tsx'

/** Words of a status code; its own name where we have none. */
export const statusText = (code: string, words: Words): string =>
  Object.hasOwn(words.statusCodes, code) ? words.statusCodes[code as keyof Words['statusCodes']] : code

/** A reason without the version of its rule: `range@3` is `range`. */
export const reasonName = (reason: string): string => reason.split('@', 1)[0]

/** Words of a reason; what follows a colon names the group or the contract meant: `peers:boiler`. */
export function reasonText(reason: string, words: Words): string {
  const name = reasonName(reason)
  if (Object.hasOwn(words.reasons, name)) return words.reasons[name as keyof Words['reasons']]
  const [kind, ...rest] = name.split(':')
  if (rest.length === 0 || !Object.hasOwn(words.reasons, kind)) return reason
  return `${words.reasons[kind as keyof Words['reasons']]} (${rest.join(':')})`
}

export const anomalyText = (kind: string, words: Words): string =>
  Object.hasOwn(words.anomalies, kind) ? words.anomalies[kind as keyof Words['anomalies']] : kind

interface ReasonListProps {
  reasons: readonly string[]
  signal: Signal
  /** Undefined until the node has said which rules stand behind the reasons. */
  explained: readonly RuleExplanation[] | undefined
}

/** Each reason in words, with the rule that gave it. */
export function ReasonList({ reasons, signal, explained }: ReasonListProps) {
  const { words } = useLanguage()
  return (
    <ul className="reasons">
      {reasons.map((reason) => {
        const rule = explained?.find((one) => reasonName(one.reason) === reasonName(reason))
        return (
          <li key={reason}>
            <b>{reasonText(reason, words)}</b> {reasonText(reason, words) !== reason && <code>{reason}</code>}
            {rule ? <RuleNote rule={rule} signal={signal} /> : explained && <p className="soft">{words.quality.noRule}</p>}
          </li>
        )
      })}
    </ul>
  )
}
