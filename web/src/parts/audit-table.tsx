import type { AuditEntryView, AuditList } from '../../../src/api/schemas.ts'
import { formatInstant, formatNumber } from '../format.ts'
import { amend, hrefTo } from '../router.ts'
import { useLanguage, type Words } from '../words/index.ts'

/** Who did what, newest first, by kind and period. */
export function AuditTable({
  list,
  problem,
  kind,
  period,
}: {
  list: AuditList | undefined
  problem: string | undefined
  kind: string
  period: string
}) {
  const { words } = useLanguage()
  const text = words.evidence
  const choose = (next: { kind?: string; period?: string }) => amend(hrefTo('evidence', { kind, period, ...next }))
  return (
    <section className="panel gaps" aria-labelledby="evidence-audit">
      <h2 id="evidence-audit">{text.audit}</h2>
      <div className="tools">
        <Choice
          title={text.kind}
          value={kind}
          options={[['', text.all], ...Object.entries(text.kinds)]}
          onChange={(value) => choose({ kind: value })}
        />
        <Choice title={text.period} value={period} options={Object.entries(text.periods)} onChange={(value) => choose({ period: value })} />
      </div>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {list?.entries.length === 0 && <p>{text.noEntries}</p>}
      {list && list.entries.length > 0 && <Rows entries={list.entries} />}
      {list?.truncated && <p className="soft">{text.truncated}</p>}
    </section>
  )
}

interface ChoiceProps {
  readonly title: string
  readonly value: string
  readonly options: readonly (readonly [string, string])[]
  readonly onChange: (value: string) => void
}

function Choice({ title, value, options, onChange }: ChoiceProps) {
  return (
    <label>
      {title}{' '}
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        {options.map(([name, label]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
    </label>
  )
}

function Rows({ entries }: { entries: readonly AuditEntryView[] }) {
  const { locale, words } = useLanguage()
  const text = words.evidence
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="scroll-x evidence-roots" aria-label={text.entries} tabIndex={0}>
      <table className="samples">
        <thead>
          <tr>
            <th scope="col" className="number">
              {text.entry}
            </th>
            <th scope="col">{text.time}</th>
            <th scope="col">{text.kind}</th>
            <th scope="col">{text.outcome}</th>
            <th scope="col">{text.who}</th>
            <th scope="col">{text.from}</th>
            <th scope="col">{text.what}</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.n}>
              <td className="number">{formatNumber(entry.n, locale)}</td>
              <td>{formatInstant(new Date(entry.time), locale)}</td>
              <td>{text.kinds[entry.kind]}</td>
              <td>{text.outcomes[entry.outcome]}</td>
              <td>{entry.who ?? '–'}</td>
              <td>{entry.from ?? '–'}</td>
              <td>{whatOf(entry, text, (count) => formatNumber(count, locale))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function whatOf({ what, detail, count }: AuditEntryView, text: Words['evidence'], number: (count: number) => string): string {
  const fields = Object.entries(detail ?? {}).map(([name, value]) => `${name} ${value}`)
  return [what, ...fields, count === undefined ? undefined : text.times(number(count))].filter(Boolean).join(' · ') || '–'
}
