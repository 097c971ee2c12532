import type { Signal, Why } from '../../../src/api/schemas.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { reasonName, reasonText } from './reason-text.ts'
import { RuleNote } from './rule-note.tsx'

/** The reason that contracts give. */
const CONTRACT = 'contract'

interface ReasonListProps {
  reasons: readonly string[]
  signal: Signal
  /** Undefined until the node has said which rules stand behind the reasons; it may be about an earlier reading. */
  why: Why | undefined
}

/** Each reason in words, with the rule that gave it. */
export function ReasonList({ reasons, signal, why }: ReasonListProps) {
  const { words } = useLanguage()
  return (
    <ul className="reasons">
      {reasons.map((reason) => {
        const rule = [...(why?.rules ?? []), ...(why?.applied ?? [])].find((one) => reasonName(one.reason) === reasonName(reason))
        return (
          <li key={reason}>
            <b>{reasonText(reason, words)}</b> {reasonText(reason, words) !== reason && <code>{reason}</code>}
            {rule ? (
              <RuleNote rule={rule} signal={signal} />
            ) : reasonName(reason) === CONTRACT ? (
              <p>
                <a href={hrefTo('contracts')}>{words.quality.byContract}</a>
              </p>
            ) : (
              why?.sample?.reasons.includes(reason) && <p className="soft">{words.quality.noRule}</p>
            )}
          </li>
        )
      })}
    </ul>
  )
}
