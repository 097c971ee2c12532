import type { FactView } from '../../../src/api/schemas.ts'
import { formatNumber, formatSecond, formatSpan } from '../format.ts'
import { shownKey } from '../live/fact-rows.ts'
import { keyText } from '../live/record-rows.ts'
import { useLive, useStream } from '../live/use-live.ts'
import { hrefTo } from '../router.ts'
import { type Locale, useLanguage, type Words } from '../words/index.ts'

type Input = FactView['inputs'][number]

/** Inputs listed at once; a result of hundreds of events names them all. */
const MOST = 50

/** What a result was computed from, each linked to where it can be seen: a trend at that time, a version of a record, another result. */
export function FactInputs({ inputs }: { inputs: readonly Input[] }) {
  const { locale, words } = useLanguage()
  const { plant } = useLive()
  const { health } = useStream()
  const text = words.results
  const wholeId = (id: string) => (plant.indexOf(id) === undefined ? `${health?.site.id}/${id}` : id)
  return (
    <>
      <h3>{text.inputs}</h3>
      {inputs.length === 0 && <p className="soft">{text.noInputs}</p>}
      <ul className="inputs">
        {inputs.slice(0, MOST).map((input) => (
          <li key={JSON.stringify(input)}>
            <a href={hrefOf(input, wholeId)}>{nameOf(input, locale)}</a> <span className="soft">{about(input, locale, words)}</span>
          </li>
        ))}
      </ul>
      {inputs.length > MOST && <p className="soft">{text.moreInputs(formatNumber(inputs.length - MOST, locale))}</p>}
    </>
  )
}

export function hrefOf(input: Input, wholeId: (id: string) => string): string {
  if ('signal' in input) return hrefTo('signal', { id: wholeId(input.signal), from: input.from, to: input.to })
  return 'record' in input
    ? hrefTo('records', { kind: input.record, key: input.key, version: `${input.source} ${input.revision}` })
    : hrefTo('results', { of: input.fact, key: input.key, span: 'all' })
}

function nameOf(input: Input, locale: Locale): string {
  if ('signal' in input) return input.signal
  if ('record' in input) return `${input.record} ${keyText(input.key)}`
  return `${input.fact} ${shownKey(input.key, (time) => formatSecond(new Date(time), locale))}`
}

function about(input: Input, locale: Locale, words: Words): string {
  const text = words.results
  if ('signal' in input) {
    const seconds = (Date.parse(input.to) - Date.parse(input.from)) / 1000
    return text.samplesOf(formatNumber(input.samples, locale), formatSecond(new Date(input.from), locale), formatSpan(seconds, locale))
  }
  const revision = words.records.revision(String(input.revision))
  return 'record' in input ? text.recordOf(input.source, revision) : revision
}
