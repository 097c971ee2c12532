import type { PolicyAnswer } from '../../../src/api/schemas.ts'
import { formatNumber } from '../format.ts'
import { type Locale, useLanguage, type Words } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

type Says = PolicyAnswer['tests'][number]['says']
type ZoneOrLevel = Extract<Says, { role: string }>['zone']

function zoneText(zone: ZoneOrLevel, words: Words, locale: Locale): string {
  if (typeof zone === 'string') return zone
  if ('level' in zone) return words.policy.level(formatNumber(zone.level, locale))
  return words.policy.levels(...(zone.levels.map((level) => formatNumber(level, locale)) as [string, string]))
}

function saysText(says: Says, words: Words, locale: Locale): string {
  const text = words.policy
  if ('conduit' in says) return text.neverCarries(says.conduit, says.neverCarries.join(', '))
  if ('role' in says) return text.mayNot(says.role, words.people.permissions[says.mayNot], zoneText(says.zone, words, locale))
  return text.noPath(zoneText(says.from, words, locale), zoneText(says.to, words, locale))
}

/** Each test, whether it holds, and what it found; those that do not hold first. */
export function PolicyTests({ tests }: { tests: PolicyAnswer['tests'] }) {
  const { locale, words } = useLanguage()
  const text = words.policy
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="scroll-x zone-list" aria-label={text.tests} tabIndex={0}>
      <table className="samples">
        <thead>
          <tr>
            {[words.zones.state, text.test, text.says, text.place].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tests
            .toSorted((a, b) => Number(a.passed) - Number(b.passed))
            .map(({ name, says, passed, place, findings }) => (
              <tr key={place}>
                <td>
                  {passed ? (
                    text.holds
                  ) : (
                    <b>
                      <Mark of={2} /> {text.fails}
                    </b>
                  )}
                </td>
                <td className="wraps">{name ?? '–'}</td>
                <td className="wraps">
                  {saysText(says, words, locale)}
                  {findings.map((finding) => (
                    <p key={finding.place + finding.message.en}>{`${finding.place}: ${finding.message[locale]}`}</p>
                  ))}
                </td>
                <td>
                  <code>{place}</code>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  )
}
