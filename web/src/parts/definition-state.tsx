import { useState } from 'react'
import type { Definition } from '../../../src/api/schemas.ts'
import { recompute } from '../api.ts'
import { formatNumber, formatSecond, formatSpan, labelOf } from '../format.ts'
import { isSlow } from '../live/fact-rows.ts'
import { localInput, utcOf } from '../live/local-time.ts'
import { useLive, useNow } from '../live/use-live.ts'
import { toYaml } from '../live/yaml.ts'
import { useLanguage } from '../words/index.ts'
import { CopyButton } from './copy-button.tsx'
import { Figure } from './figure.tsx'
import { Mark } from './status-mark.tsx'

/** How far one derivation is, what is wrong with it, how it was declared, and computing a period anew. */
export function DefinitionState({ definition }: { definition: Definition }) {
  const { locale, words } = useLanguage()
  const { permissions } = useLive()
  const text = words.results
  const { name, type, label, version, watermark, waiting, lagSeconds, published, withdrawn, late, isStopped, problem } = definition
  const number = (count: number) => formatNumber(count, locale)
  const yaml = toYaml(definition.declaration).trimStart()
  return (
    <section className={`panel card card-${isStopped ? 2 : isSlow(definition) || late > 0 ? 1 : 0}`} aria-labelledby="definition">
      <header className="panel-head">
        <h2 id="definition">
          {isStopped && <Mark of={2} />} {labelOf(label, locale) ?? name}
        </h2>
        <span className="soft">
          <code>{name}</code> · {text.typeOf[type]} · {words.quality.version(version)}
        </span>
      </header>
      {isStopped && (
        <p className="problem">
          {text.stoppedLong} {problem}
        </p>
      )}
      {!isStopped && problem && <p>{problem}</p>}
      <dl className="figures state-figures">
        <Figure name={text.watermark}>
          {watermark === null ? '—' : formatSecond(new Date(watermark), locale)}
          <small className="soft">{text.watermarkHelp}</small>
        </Figure>
        <Figure name={text.waiting}>
          {number(waiting)}
          <small className="soft">{text.waitingHelp}</small>
        </Figure>
        <Figure name={text.lag}>
          {isSlow(definition) && <Mark of={1} />}{' '}
          {isStopped ? text.stopped : lagSeconds === 0 ? text.upToDate : formatSpan(lagSeconds, locale)}
        </Figure>
        {/* What is counted are results; signals have samples. */}
        {type !== 'signal' && (
          <Figure name={text.published}>
            {number(published)}
            <small className="soft">{text.withdrawn(number(withdrawn))}</small>
          </Figure>
        )}
        <Figure name={text.late}>
          {late > 0 && <Mark of={1} />} {number(late)}
          <small className="soft">{text.lateHelp}</small>
        </Figure>
      </dl>
      <div className="disclosures">
        <details className="explain">
          <summary>{text.declaration}</summary>
          <pre className="yaml">{yaml}</pre>
          <CopyButton text={`${yaml}\n`} label={text.copyDeclaration} />
        </details>
        {permissions.includes('operate') ? <Recompute name={name} late={late} /> : <p className="soft">{text.mayNotRecompute}</p>}
      </div>
    </section>
  )
}

const DAY_MS = 86_400_000

function Recompute({ name, late }: { name: string; late: number }) {
  const { words } = useLanguage()
  const text = words.results
  const now = useNow()
  const [from, setFrom] = useState(() => localInput(new Date(now - DAY_MS).toISOString()))
  const [to, setTo] = useState(() => localInput(new Date(now).toISOString()))
  const [said, setSaid] = useState('')
  const send = async () => {
    const [begin, end] = [utcOf(from), utcOf(to)]
    if (!begin || !end || begin >= end) return setSaid(text.noPeriod)
    const answer = await recompute(name, begin, end)
    setSaid(
      answer.ok
        ? text.recomputing(answer.data.definitions.join(', '))
        : [answer.problem.message, answer.problem.hint].filter(Boolean).join(' '),
    )
  }
  return (
    <details className="explain" open={late > 0 || undefined}>
      <summary>{text.recompute}</summary>
      <p className="soft">{text.recomputeHelp}</p>
      <div className="tools">
        <label>
          <span>{text.from}</span>
          <input type="datetime-local" step={1} value={from} onChange={(event) => setFrom(event.target.value)} />
        </label>
        <label>
          <span>{text.to}</span>
          <input type="datetime-local" step={1} value={to} onChange={(event) => setTo(event.target.value)} />
        </label>
        <button type="button" onClick={() => void send()}>
          {text.recomputeNow}
        </button>
        <output>{said}</output>
      </div>
    </details>
  )
}
