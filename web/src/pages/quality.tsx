import { useCallback, useState } from 'react'
import { readQuality } from '../api.ts'
import { formatDate, formatNumber } from '../format.ts'
import { CHARACTERISTICS, globOf, isQualityPeriod, QUALITY_PERIODS, type QualityPeriod } from '../live/quality.ts'
import { useLive } from '../live/use-live.ts'
import { ShareLegend } from '../parts/coverage-bar.tsx'
import { QualityTable } from '../parts/quality-table.tsx'
import { Switch } from '../parts/switch.tsx'
import { amend, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { useAnswer, useCalm } from './use-answer.ts'

/** Rows asked for at first and with each “more”; the most that one answer may hold. */
const STEP = 1_000
const MOST = 10_000
/** Rows shown at once: a table that a browser, and a reader, take in. */
const ROWS_PER_PAGE = 50
const AGAIN_MS = 60_000
/** Typing is not sent letter by letter. */
const TYPING_MS = 300

export function QualityPage({ query, period }: { query: string; period: string }) {
  const { locale, words } = useLanguage()
  const { stream } = useLive()
  const [asked, setAsked] = useState({ limit: STEP, page: 0 })
  const chosen = isQualityPeriod(period) ? period : '24h'
  const match = globOf(useCalm(query, TYPING_MS))
  const { limit } = asked
  const read = useCallback(() => {
    const to = new Date(Date.now() + stream.state().offsetMs)
    return readQuality(match, new Date(to.getTime() - QUALITY_PERIODS[chosen]), to, limit)
  }, [stream, match, chosen, limit])
  const { data, problem, loading } = useAnswer(read, AGAIN_MS)

  const text = words.quality
  const number = (value: number) => formatNumber(value, locale)
  const search = (entries: { q?: string; period?: string }) => {
    setAsked({ limit: STEP, page: 0 })
    amend(hrefTo('quality', { q: query, period: chosen, ...entries }))
  }
  const rows = data?.rows ?? []
  const pages = Math.max(1, Math.ceil(rows.length / ROWS_PER_PAGE))
  const page = Math.min(asked.page, pages - 1)
  const shown = rows.slice(page * ROWS_PER_PAGE, (page + 1) * ROWS_PER_PAGE)
  const turn = (by: number) => setAsked({ limit, page: page + by })
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        <p className="soft">{text.intro}</p>
        <search className="tools">
          <Switch
            legend={text.period}
            names={Object.keys(QUALITY_PERIODS) as QualityPeriod[]}
            labels={text.periods}
            chosen={chosen}
            onChoose={(name) => search({ period: name })}
          />
          <label>
            <span>{text.search}</span>
            <input type="search" value={query} placeholder={text.searchHint} onChange={(event) => search({ q: event.target.value })} />
          </label>
          <output className="soft">
            {data &&
              rows.length > 0 &&
              `${text.found(number(page * ROWS_PER_PAGE + 1), number(page * ROWS_PER_PAGE + shown.length), number(data.total))} · ${text.wholeHours(formatDate(new Date(data.from), locale))}`}
          </output>
          {pages > 1 && (
            <span className="pager">
              <button type="button" className="quiet" aria-disabled={page === 0} onClick={() => page > 0 && turn(-1)}>
                {text.previousPage}
              </button>
              <button type="button" className="quiet" aria-disabled={page === pages - 1} onClick={() => page < pages - 1 && turn(1)}>
                {text.nextPage}
              </button>
            </span>
          )}
        </search>
      </header>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && loading && <p className="soft">{words.account.working}…</p>}
      {data && rows.length === 0 && <p className="soft">{query === '' ? text.empty : text.nothing}</p>}
      {rows.length > 0 && <QualityTable rows={shown} busy={loading} />}
      {data?.truncated && rows.length === data.total && <p className="quality-more">{text.partial}</p>}
      {data?.truncated && rows.length < data.total && (
        <p className="quality-more">
          {text.truncated(number(rows.length), number(data.total))}{' '}
          {limit < MOST && (
            <button type="button" className="quiet" onClick={() => setAsked({ limit: Math.min(MOST, limit + STEP), page })}>
              {text.more(number(STEP))}
            </button>
          )}
        </p>
      )}
      <ShareLegend />
      <Explanation />
    </>
  )
}

function Explanation() {
  const { words } = useLanguage()
  const text = words.quality
  return (
    <details className="explain">
      <summary>{text.explain}</summary>
      <dl className="facts">
        {[
          [text.score, text.scoreHelp],
          [text.covered, text.coveredHelp],
          ...CHARACTERISTICS.map((name) => [words.characteristics[name], words.characteristicQuestions[name]]),
        ].map(([name, help]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{help}</dd>
          </div>
        ))}
      </dl>
      <p className="soft">{text.dashHelp}</p>
    </details>
  )
}
