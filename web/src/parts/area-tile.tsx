import { formatNumber, labelOf } from '../format.ts'
import type { AreaView } from '../live/areas.ts'
import { totalOf, worstOf } from '../live/branches.ts'
import { levelOf } from '../live/judge.ts'
import { useLive, useSample } from '../live/use-live.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { Analog } from './analog.tsx'
import { Mark, StatusWord } from './status-mark.tsx'
import { Age, UnitText, ValueText } from './value.tsx'

/** One equipment area: its counts, and the signals that want to be looked at. Grey unless something is abnormal. */
export function AreaTile({ view }: { view: AreaView }) {
  const { locale, words } = useLanguage()
  const { branch, rows, abnormal, freshPart, level } = view
  const [good, uncertain, bad, waiting] = branch.counts
  const worst = worstOf(branch)
  const number = (value: number) => formatNumber(value, locale)
  const parents = branch.path.split('/').slice(0, -1).join(' / ')
  return (
    <article className={`tile tile-${level}`} data-area={branch.path}>
      <header>
        <h2>
          <a href={hrefTo('namespace', { at: branch.path })} title={words.overview.open(branch.name)}>
            {worst !== 0 && <Mark of={worst} out={level === 2} />}
            {parents && <span className="tile-parent">{parents} /</span>} {branch.name}
          </a>
        </h2>
        <span className="soft" title={words.overview.freshHelp}>
          {words.overview.fresh} <b>{number(Math.floor(freshPart * 100))} %</b>
        </span>
      </header>
      <dl className="counts">
        <Count word={words.status.Bad} count={bad} of={2} text={number(bad)} />
        <Count word={words.status.Uncertain} count={uncertain} of={1} text={number(uncertain)} />
        <Count word={words.status.Good} count={good} of={0} text={number(good)} />
        {waiting > 0 && <Count word={words.status.waiting} count={waiting} of={3} text={number(waiting)} />}
      </dl>
      {totalOf(branch) > 0 && abnormal === 0 && (
        <p className="tile-calm soft">{rows.length > 0 ? words.overview.closest : words.overview.normal}</p>
      )}
      <ul>
        {rows.map((index) => (
          <SignalRow key={index} index={index} />
        ))}
      </ul>
      {abnormal > rows.length && (
        <a className="tile-more" href={hrefTo('namespace', { at: branch.path, status: 'abnormal', q: branch.path })}>
          {words.overview.more(number(abnormal - rows.length))}
        </a>
      )}
    </article>
  )
}

function Count({ word, count, of, text }: { word: string; count: number; of: 0 | 1 | 2 | 3; text: string }) {
  return (
    <div className={count > 0 && of !== 0 ? 'count-some' : 'count-none'}>
      <dt>
        {count > 0 && <Mark of={of} />}
        {word}
      </dt>
      <dd>{text}</dd>
    </div>
  )
}

function SignalRow({ index }: { index: number }) {
  const { locale } = useLanguage()
  const { plant } = useLive()
  const sample = useSample(index)
  const signal = plant.signals[index]
  if (!signal) return null
  const short = signal.id.split('/').slice(2).join(' / ') || signal.id
  const label = labelOf(signal.label, locale)
  return (
    <li className="worst-row" data-signal={signal.id}>
      <a className="worst-name" href={hrefTo('signal', { id: signal.id })} title={signal.id}>
        {label ?? short}
        {label && <small className="soft">{short}</small>}
      </a>
      <Analog signal={signal} sample={sample} />
      <span className="reading">
        <ValueText sample={sample} signal={signal} /> <UnitText signal={signal} />
      </span>
      <StatusWord sample={sample} level={levelOf(signal, sample)} />
      <Age sample={sample} />
    </li>
  )
}
