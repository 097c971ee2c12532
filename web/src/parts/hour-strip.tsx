import { type KeyboardEvent, useCallback, useRef, useState } from 'react'
import type { QualityRow } from '../../../src/api/schemas.ts'
import { readQualityHours } from '../api.ts'
import { formatHour, formatNumber } from '../format.ts'
import { hoursOf, type SHARES } from '../live/quality.ts'
import { useLive } from '../live/use-live.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { type Locale, useLanguage, type Words } from '../words/index.ts'
import { ShareLegend, sharesText } from './coverage-bar.tsx'
import { Anomalies } from './quality-table.tsx'

const HOURS = 24
const HOUR_MS = 3_600_000
const AGAIN_MS = 60_000

/** The last day hour by hour: a column per hour for the eye, a sentence per hour for the ear. One stop for the Tab key; arrows move. */
export function HourStrip({ id }: { id: string }) {
  const { locale, words } = useLanguage()
  const { stream } = useLive()
  const list = useRef<HTMLUListElement>(null)
  const [chosen, setChosen] = useState<number>()
  const read = useCallback(() => {
    const to = new Date(Date.now() + stream.state().offsetMs)
    return readQualityHours(id, new Date(to.getTime() - HOURS * HOUR_MS), to)
  }, [id, stream])
  const { data, problem } = useAnswer(read, AGAIN_MS)
  const hours = hoursOf(data?.rows ?? [], Date.now() + stream.state().offsetMs, HOURS)
  const at = chosen ?? HOURS - 1
  const move = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -HOURS, End: HOURS }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const to = Math.max(0, Math.min(HOURS - 1, at + step))
    setChosen(to)
    list.current?.querySelectorAll('button')[to]?.focus()
  }
  const current = hours[at]
  return (
    <section className="panel hours-panel">
      <h2>{words.quality.hours}</h2>
      {problem && <p role="alert" className="problem">{`${words.quality.problem} · ${problem}`}</p>}
      {data?.rows.length === 0 ? (
        <p className="soft">{words.quality.hoursNone}</p>
      ) : (
        <>
          <ul className="hours" ref={list} onKeyDown={move}>
            {hours.map(({ startMs, row }, i) => (
              <li key={startMs}>
                <button
                  type="button"
                  tabIndex={i === at ? 0 : -1}
                  aria-pressed={i === chosen}
                  aria-label={hourText(startMs, row, locale, words)}
                  onClick={() => setChosen(i)}
                  onPointerEnter={() => setChosen(i)}
                >
                  <HourColumn row={row} />
                  <small aria-hidden="true">{i % 3 === 0 ? formatHour(new Date(startMs), locale) : ''}</small>
                </button>
              </li>
            ))}
          </ul>
          <div className="hours-reading" aria-live="polite">
            {chosen === undefined || !current ? (
              <p className="soft">{words.quality.hoursHint}</p>
            ) : (
              <>
                <p>{hourText(current.startMs, current.row, locale, words)}</p>
                {current.row && (
                  <>
                    <p className="soft">{words.quality.readings(formatNumber(current.row.samples, locale))}</p>
                    <Anomalies counts={current.row.anomalies} unknown={current.row.covered.unknown} />
                  </>
                )}
              </>
            )}
          </div>
          <ShareLegend />
        </>
      )}
    </section>
  )
}

function hourText(startMs: number, row: QualityRow | undefined, locale: Locale, words: Words): string {
  const hour = words.quality.hour(formatHour(new Date(startMs), locale), formatHour(new Date(startMs + HOUR_MS), locale))
  return `${hour} · ${row ? sharesText(row.covered, locale, words) : words.quality.legend.unknown}`
}

/** Bad stands on top, so that it hangs from the same line in every hour. */
const FROM_TOP = ['bad', 'uncertain', 'unknown', 'good'] as const satisfies readonly (typeof SHARES)[number][]

function HourColumn({ row }: { row: QualityRow | undefined }) {
  const covered = row?.covered ?? { good: 0, uncertain: 0, bad: 0, unknown: 1 }
  let top = 0
  return (
    <svg viewBox="0 0 10 40" preserveAspectRatio="none" width="100%" height="40" aria-hidden="true">
      {FROM_TOP.map((name) => {
        const height = covered[name] * 40
        const start = top
        top += height
        const shown = height === 0 ? 0 : Math.max(height, 1.5)
        return <rect key={name} className={`share-${name}`} x="0.5" width="9" y={Math.min(start, 40 - shown)} height={shown} />
      })}
    </svg>
  )
}
