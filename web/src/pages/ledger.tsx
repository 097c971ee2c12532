import { useCallback } from 'react'
import type { LedgerRow } from '../../../src/api/schemas.ts'
import { readLedger } from '../api.ts'
import { formatDate, formatNumber } from '../format.ts'
import { ranked } from '../live/quality.ts'
import { useLive } from '../live/use-live.ts'
import { SignalLedger } from '../parts/signal-ledger.tsx'
import { Switch } from '../parts/switch.tsx'
import { amend, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { useAnswer, useCalm } from './use-answer.ts'

const PERIODS = { all: undefined, '24h': 86_400_000, '7d': 7 * 86_400_000, '30d': 30 * 86_400_000 } as const
type Period = keyof typeof PERIODS
const isPeriod = (text: string): text is Period => Object.hasOwn(PERIODS, text)
const ROWS = 500
const AGAIN_MS = 10_000
/** Typing is not sent letter by letter. */
const TYPING_MS = 300

/** What became of all that was read: the sums in words and figures, and whether they close. */
export function LedgerPage({ query, period, signals }: { query: string; period: string; signals: string }) {
  const { locale, words } = useLanguage()
  const { stream } = useLive()
  const chosen = isPeriod(period) ? period : 'all'
  const text = words.ledger
  const typed = useCalm(query.trim(), TYPING_MS)
  const match = typed === '' || /[*?[\]{}]/.test(typed) ? typed : `*${typed}*`
  const read = useCallback(() => {
    const length = PERIODS[chosen]
    const to = new Date(Date.now() + stream.state().offsetMs)
    return readLedger(match, length === undefined ? undefined : { from: new Date(to.getTime() - length), to }, ROWS)
  }, [stream, chosen, match])
  const { data, problem, loading } = useAnswer(read, AGAIN_MS)
  const number = (value: number) => formatNumber(value, locale)
  const search = (entries: { q?: string; period?: string; signals?: string }) =>
    amend(hrefTo('ledger', { q: query, period: chosen, signals, ...entries }))
  const pattern = useCalm(signals.trim(), TYPING_MS)
  const rows = data?.rows ?? []
  const open = rows.filter(({ off }) => off !== 0).length
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        <p className="soft">{text.intro}</p>
        <search className="tools">
          <Switch
            legend={text.period}
            names={Object.keys(PERIODS) as Period[]}
            labels={text.periods}
            chosen={chosen}
            onChoose={(name) => search({ period: name })}
          />
          <label>
            <span>{text.search}</span>
            <input type="search" value={query} placeholder={text.searchHint} onChange={(event) => search({ q: event.target.value })} />
          </label>
          <label>
            <span>{text.signals}</span>
            <input
              type="search"
              value={signals}
              placeholder={text.signalsHint}
              onChange={(event) => search({ signals: event.target.value })}
            />
          </label>
          <output className="soft">
            {rows.length > 0 && open === 0 && text.allClosed(number(rows.length))}
            {data?.from !== undefined &&
              data.to !== undefined &&
              ` · ${text.whole(formatDate(new Date(data.from), locale), formatDate(new Date(data.to), locale))}`}
          </output>
        </search>
      </header>
      {pattern !== '' && <SignalLedger key={`${chosen} ${pattern}`} match={pattern} lengthMs={PERIODS[chosen]} />}
      {open > 0 && (
        <p role="alert" className="problem">
          {text.notClosed(number(open), number(rows.length))}
        </p>
      )}
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && loading && <p className="soft">{words.account.working}…</p>}
      {data && rows.length === 0 && <p className="soft">{text.empty}</p>}
      {rows.length > 0 && <LedgerTable rows={rows} busy={loading} />}
      {rows.some(({ connection }) => connection === '') && <p className="soft">{text.lostUnseen}</p>}
      {data?.truncated && <p className="quality-more">{text.truncated(number(rows.length))}</p>}
      <details className="explain">
        <summary>{text.explain}</summary>
        <dl className="facts">
          {text.meanings.map(([name, help]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{help}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  )
}

function LedgerTable({ rows, busy }: { rows: readonly LedgerRow[]; busy: boolean }) {
  const { locale, words } = useLanguage()
  const text = words.ledger
  return (
    <section className="scroll-x quality-box" aria-label={text.title} aria-busy={busy}>
      <table className="samples ledger">
        <thead>
          <tr>
            <th scope="col">{text.connection}</th>
            <th scope="col">{text.node}</th>
            <th scope="col">{text.destination}</th>
            <th scope="col">{text.sum}</th>
            <th scope="col">{text.state}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={[row.node, row.connection, row.unit, row.destination].join('\u001f')}>
              <th scope="row">
                {row.connection === '' ? (
                  <i>{text.unknownConnection}</i>
                ) : (
                  <a href={hrefTo('connections', { at: row.connection })}>{row.connection}</a>
                )}
              </th>
              <td>{row.node}</td>
              <td title={row.ownWord ? text.ownWord : text.byPlace}>{text.destinations[row.destination] ?? row.destination}</td>
              <td className="long">
                <Sum row={row} />
              </td>
              <td>{row.off === 0 ? text.closed : <b className="ledger-off">{text.off(formatNumber(row.off, locale))}</b>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** `read 12 samples = delivered 10 + dropped 2 (flood 2) + pending 0`. */
function Sum({ row }: { row: LedgerRow }) {
  const { locale, words } = useLanguage()
  const text = words.ledger
  const number = (value: number) => formatNumber(value, locale)
  const counted = (name: string, counts: Readonly<Record<string, number>>) => {
    const reasons = ranked(counts)
    if (reasons.length === 0) return []
    const sum = reasons.reduce((all, [, count]) => all + count, 0)
    return [`${name} ${number(sum)} (${reasons.map(([reason, count]) => `${reason} ${number(count)}`).join(', ')})`]
  }
  const parts = [
    `${text.delivered} ${number(row.delivered)}`,
    ...(row.known === 0 ? [] : [`${text.known} ${number(row.known)}`]),
    ...counted(text.quarantined, row.quarantined),
    ...counted(text.dropped, row.dropped),
    `${text.pending} ${number(row.pending)}`,
  ]
  return (
    <>
      <b>{`${text.read} ${number(row.read)} ${text.units[row.unit]}`}</b>
      {` = ${parts.join(' + ')}`}
    </>
  )
}
