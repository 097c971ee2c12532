import type { Passport } from '../../../src/api/schemas.ts'
import { formatSeconds } from '../format.ts'
import { useLanguage } from '../words/index.ts'
import { FactCoverage } from './fact-table.tsx'
import { FieldText, TimeText } from './field-value.tsx'
import { type PassportOf, passportHref } from './passport-link.tsx'
import { VerdictMark } from './passport-verdict.tsx'

/** Every version, newest first: when it was known, why it was made, and what it would have been good for by its values. */
export function PassportVersions({ passport, of }: { passport: Passport; of: PassportOf }) {
  const { locale, words } = useLanguage()
  const text = words.passport
  if (passport.versions.length === 0) return null
  const names = Object.keys(passport.values).slice(0, 3)
  return (
    <section className="panel" aria-labelledby="passport-changes">
      <h2 id="passport-changes">{text.changes}</h2>
      <div className="scroll-x">
        <table className="samples">
          <thead>
            <tr>
              <th scope="col" className="number">
                #
              </th>
              <th scope="col">{text.times.known}</th>
              <th scope="col">{text.because}</th>
              {names.map((name) => (
                <th key={name} scope="col" className="number">
                  {passport.subject.kind === 'sample' ? text.value : name}
                </th>
              ))}
              <th scope="col">{words.results.coverage}</th>
              <th scope="col">{text.verdictThen}</th>
            </tr>
          </thead>
          <tbody>
            {passport.versions.map((one) => (
              <tr key={one.revision} aria-current={one.isShown || undefined}>
                <td className="number">{one.revision}</td>
                <td>
                  {one.knownTime ? (
                    <a href={passportHref({ ...of, known: one.knownTime })}>
                      <TimeText time={one.knownTime} />
                    </a>
                  ) : (
                    text.problems['not-stored-yet']
                  )}
                  {one.isShown && <span className="soft">{` · ${text.shown}`}</span>}
                </td>
                <td>
                  {one.isWithdrawn ? words.results.isWithdrawn : text.causes[one.cause]}
                  {one.lateSeconds !== undefined && one.lateSeconds > 1 && (
                    <span className="soft">{` · ${text.late(formatSeconds(one.lateSeconds, locale))}`}</span>
                  )}
                </td>
                {names.map((name) => (
                  <td key={name} className="number">
                    <FieldText value={one.values[name]?.value} unit={one.values[name]?.unit} />
                  </td>
                ))}
                <td>
                  <FactCoverage share={one.values[names[0] ?? '']?.coverage ?? null} />
                </td>
                <td>
                  <VerdictMark verdict={one.verdict} /> {text.verdicts[one.verdict]}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
