import type { Passport } from '../../../src/api/schemas.ts'
import { labelOf } from '../format.ts'
import { reasonSentence } from '../live/passport-words.ts'
import { useLanguage } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

/** A shape for each verdict, in colour only where something is against it. */
export function VerdictMark({ verdict }: { verdict: Passport['verdict'] }) {
  return <Mark of={verdict === 'yes' ? 0 : verdict === 'with-care' ? 1 : 2} />
}

/** The answer first, then what keeps it from a plain yes. */
export function PassportVerdict({ passport }: { passport: Passport }) {
  const { locale, words } = useLanguage()
  const text = words.passport
  const { verdict, reasons, use, uses } = passport
  return (
    <section className={`panel verdict verdict-${verdict}`} aria-labelledby="passport-verdict">
      <h2 id="passport-verdict" data-verdict={verdict}>
        <VerdictMark verdict={verdict} /> {text.verdicts[verdict]}
        <span className="soft">{` · ${use.isDeclared ? (labelOf(use.label, locale) ?? use.id) : text.unstated}`}</span>
      </h2>
      {reasons.length === 0 ? (
        <p>{text.nothingAgainst}</p>
      ) : (
        <ul className="verdict-reasons">
          {reasons.map((reason) => (
            <li key={`${reason.code} ${reason.about ?? ''} ${reason.verdict}`}>
              <VerdictMark verdict={reason.verdict} /> <b>{text.verdicts[reason.verdict]}</b> · {reasonSentence(reason, locale, words)}
            </li>
          ))}
        </ul>
      )}
      {!use.isDeclared && <p className="soft">{uses.length > 0 ? text.unstatedHelp : text.noUses}</p>}
    </section>
  )
}
