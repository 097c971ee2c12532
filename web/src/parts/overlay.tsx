import { useCallback, useMemo, useState } from 'react'
import type { FactView, Signal } from '../../../src/api/schemas.ts'
import { readDefinitions, readFacts, readTrend } from '../api.ts'
import { formatNumber, formatSecond, formatSpan, labelOf } from '../format.ts'
import { isAbove } from '../live/bands.ts'
import { alignedColumns, type Occurrence, OVERLAYS, overlayWindow } from '../live/overlay.ts'
import { columnsOf } from '../live/trend-columns.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { useLanguage } from '../words/index.ts'
import { DASHES, OverlayChart } from './overlay-chart.tsx'

const AGAIN_MS = 300_000
/** Events to choose from: the newest. */
const OFFERED = 40
/** Events that are laid over each other without being asked. */
const FIRST = 5
/** Points asked for of each event. */
const POINTS = 400

/** The same signal over several events of one kind, aligned at their start. */
export function Overlay({ signal }: { signal: Signal }) {
  const { words } = useLanguage()
  const [isOpen, setOpen] = useState(false)
  return (
    <details className="explain" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.overlay.title}</summary>
      {isOpen && <Chooser signal={signal} />}
    </details>
  )
}

function Chooser({ signal }: { signal: Signal }) {
  const { locale, words } = useLanguage()
  const text = words.overlay
  const { data } = useAnswer(readDefinitions, AGAIN_MS)
  const events = (data?.definitions ?? []).filter(({ type }) => type === 'event')
  const [name, setName] = useState('')
  const chosen = events.find((one) => one.name === name) ?? events[0]
  if (data && events.length === 0) return <p className="soft">{words.bands.none}</p>
  return (
    <>
      <p className="soft">{text.help(String(OVERLAYS))}</p>
      <div className="tools">
        <label>
          <span>{text.event}</span>
          <select value={chosen?.name ?? ''} onChange={(event) => setName(event.target.value)}>
            {events.map((one) => (
              <option key={one.name} value={one.name}>
                {labelOf(one.label, locale) ?? one.name}
              </option>
            ))}
          </select>
        </label>
      </div>
      {chosen && <Events key={chosen.name} signal={signal} definition={chosen.name} />}
    </>
  )
}

function Events({ signal, definition }: { signal: Signal; definition: string }) {
  const { locale, words } = useLanguage()
  const text = words.overlay
  const [picked, setPicked] = useState<readonly string[]>()
  const read = useCallback(() => readFacts({ definition: [definition], order: 'newest', limit: 1_000 }), [definition])
  const { data, problem } = useAnswer(read, AGAIN_MS)
  const ended = useMemo(() => {
    const all = (data?.facts ?? []).filter(({ to }) => to !== null)
    const here = all.filter(({ equipment }) => isAbove(equipment, signal.id))
    return (here.length > 0 ? here : all).slice(0, OFFERED)
  }, [data, signal.id])
  const keys = picked ?? ended.slice(0, FIRST).map(({ key }) => key)
  const toggle = (key: string) => setPicked(keys.includes(key) ? keys.filter((one) => one !== key) : [...keys, key].slice(-OVERLAYS))
  const shown = useMemo(() => ended.filter(({ key }) => keys.includes(key)).map(occurrenceOf), [ended, keys])
  if (problem)
    return (
      <p role="alert" className="problem">
        {problem}
      </p>
    )
  if (data && ended.length === 0) return <p className="soft">{text.none}</p>
  return (
    <>
      {shown.length > 0 && <Drawing signal={signal} events={shown} />}
      <fieldset className="overlay-events">
        <legend className="soft">{text.chosen(formatNumber(shown.length, locale), String(OVERLAYS))}</legend>
        {ended.map(({ key, from, to }) => {
          const at = shown.findIndex((one) => one.key === key)
          return (
            <label key={key} className="check">
              <input type="checkbox" checked={keys.includes(key)} onChange={() => toggle(key)} />
              <svg viewBox="0 0 34 8" width="34" height="8" aria-hidden="true">
                {at >= 0 && (
                  <path className={at === 0 ? 'overlay-first' : 'overlay-line'} d="M0 4H34" strokeDasharray={DASHES[at].join(' ')} />
                )}
              </svg>
              <span>
                {formatSecond(new Date(from), locale)}{' '}
                <span className="soft">{formatSpan((Date.parse(to ?? from) - Date.parse(from)) / 1000, locale)}</span>
              </span>
            </label>
          )
        })}
      </fieldset>
    </>
  )
}

const occurrenceOf = ({ key, from, to }: FactView): Occurrence => ({
  key,
  from: Date.parse(from) / 1000,
  to: Date.parse(to ?? from) / 1000,
})

function Drawing({ signal, events }: { signal: Signal; events: readonly Occurrence[] }) {
  const { words } = useLanguage()
  const asked = JSON.stringify(events)
  const read = useCallback(async () => {
    const all = JSON.parse(asked) as Occurrence[]
    const { before, after } = overlayWindow(all)
    const answers = await Promise.all(
      all.map(({ from }) => readTrend(signal.id, new Date((from - before) * 1000), new Date((from + after) * 1000), POINTS)),
    )
    const failed = answers.find((answer) => !answer.ok)
    if (failed && !failed.ok) return failed
    const trends = answers.flatMap((answer, i) => (answer.ok ? [{ from: all[i].from, columns: columnsOf(answer.data, signal) }] : []))
    return { ok: true as const, data: { ...alignedColumns(trends), events: all, before, after } }
  }, [asked, signal])
  const { data, problem } = useAnswer(read, AGAIN_MS)
  if (problem)
    return (
      <p role="alert" className="problem">
        {problem}
      </p>
    )
  return data ? <OverlayChart signal={signal} {...data} /> : <p className="soft">{words.account.working}…</p>
}
