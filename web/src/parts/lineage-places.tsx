import { useCallback, useState } from 'react'
import type { LineagePlaces } from '../../../src/api/schemas.ts'
import { readLineagePlaces } from '../api.ts'
import { formatNumber, labelOf } from '../format.ts'
import { nameOf } from '../live/lineage-of.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { Counts } from './lineage-side.tsx'

const AGAIN_MS = 300_000
/** Things of one place that are read at once. */
const PAGE = 50

/** Where one begins who knows no name: everything by kind, then the equipment tree, read a step at a time. */
export function LineageTop() {
  const { words } = useLanguage()
  const read = useCallback(() => readLineagePlaces('', PAGE), [])
  const { data, problem } = useAnswer(read, AGAIN_MS)
  const text = words.lineage
  return (
    <section className="panel" aria-labelledby="lineage-top">
      <h2 id="lineage-top">{text.top}</h2>
      <p className="soft">{text.topHelp}</p>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && !problem && <p className="soft">{words.account.working}…</p>}
      {data?.kinds && <Counts counts={data.kinds} />}
      {data && <Places of={data} />}
    </section>
  )
}

function Places({ of: { places, placesTotal, here, hereTotal, under } }: { of: LineagePlaces }) {
  const { locale, words } = useLanguage()
  const text = words.lineage
  const number = (count: number) => formatNumber(count, locale)
  return (
    <>
      {places.map((place) => (
        <Place key={place.path} of={place} />
      ))}
      {places.length < placesTotal && <p className="soft">{text.shown(number(places.length), number(placesTotal))}</p>}
      {here.length > 0 && (
        <ul className="lineage-items">
          {here.map((item) => (
            <li key={nameOf(item)}>
              <span className="soft">{text.kinds[item.kind]}</span> <a href={hrefTo('lineage', { of: nameOf(item) })}>{item.id}</a>{' '}
              {labelOf(item.label, locale)}
            </li>
          ))}
        </ul>
      )}
      {here.length < hereTotal && <More under={under} shown={here.length} total={hereTotal} />}
    </>
  )
}

/** The rest of a long place is on the page of its signals. */
function More({ under, shown, total }: { under: string; shown: number; total: number }) {
  const { locale, words } = useLanguage()
  return (
    <p className="soft">
      {words.lineage.shown(formatNumber(shown, locale), formatNumber(total, locale))}{' '}
      <a href={hrefTo('namespace', { q: under })}>{words.nav.namespace}</a>
    </p>
  )
}

function Place({ of: { path, label, signals, derived, results, consumers } }: { of: LineagePlaces['places'][number] }) {
  const { locale, words } = useLanguage()
  const [open, setOpen] = useState(false)
  const text = words.lineage
  const said = text.holds(
    ...([signals, derived, results, consumers].map((count) => formatNumber(count, locale)) as [string, string, string, string]),
  )
  return (
    <details className="lineage-group" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <b>{path.slice(path.lastIndexOf('/') + 1)}</b> {labelOf(label, locale)} <span className="soft">{said}</span>
      </summary>
      {open && <Inside path={path} />}
    </details>
  )
}

function Inside({ path }: { path: string }) {
  const { words } = useLanguage()
  const read = useCallback(() => readLineagePlaces(path, PAGE), [path])
  const { data, problem } = useAnswer(read, AGAIN_MS)
  if (problem) return <p role="alert" className="problem">{`${words.lineage.problem} · ${problem}`}</p>
  return <div className="lineage-inside">{data ? <Places of={data} /> : <p className="soft">{words.account.working}…</p>}</div>
}
