import { useEffect, useState } from 'react'
import type { Sample, Signal } from '../../../src/api/schemas.ts'
import { readSamples } from '../api.ts'
import { formatInstant, formatMoment, rawValue } from '../format.ts'
import { shownValue } from '../live/shown.ts'
import { useLive, useSample } from '../live/use-live.ts'
import { useLanguage } from '../words/index.ts'
import { CopyButton } from './copy-button.tsx'
import { PassportLink } from './passport-link.tsx'
import { reasonText } from './reason-text.ts'
import { StatusWord } from './status-mark.tsx'
import { UnitText, ValueText } from './value.tsx'

/** Samples listed. */
const ROWS = 20
/** How far back the first list looks. */
const BACK_MS = 24 * 3_600_000

/** The newest samples, newest first: the stored ones, then those that arrive while the page is open. */
export function SampleTable({ signal, index }: { signal: Signal; index: number }) {
  const { locale, words } = useLanguage()
  const { stream } = useLive()
  const [samples, setSamples] = useState<readonly Sample[]>([])
  const last = useSample(index)
  useEffect(() => {
    let gone = false
    const to = new Date(Date.now() + stream.state().offsetMs)
    void readSamples(signal.id, new Date(to.getTime() - BACK_MS), to, ROWS).then((answer) => {
      if (!gone && answer.ok) setSamples((live) => newest([...live, ...answer.data.samples]))
    })
    return () => void (gone = true)
  }, [signal, stream])
  useEffect(() => {
    if (last) setSamples((before) => newest([last, ...before]))
  }, [last])
  return (
    <section className="panel">
      <h2>{words.signal.samples}</h2>
      <div className="scroll-x">
        <table className="samples">
          <thead>
            <tr>
              <th scope="col">{words.signal.source}</th>
              <th scope="col">{words.signal.received}</th>
              <th scope="col">{words.signal.recorded}</th>
              <th scope="col" className="number">
                {words.value.value}
              </th>
              <th scope="col">{words.value.unit}</th>
              <th scope="col">{words.value.status}</th>
              <th scope="col">{words.signal.reasons}</th>
              <th scope="col">
                <span className="unseen">{words.value.copy}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {samples.map((sample) => (
              <tr key={keyOf(sample)}>
                <td>
                  <time dateTime={sample.time} data-raw={sample.time}>
                    {formatInstant(new Date(sample.time), locale)}
                  </time>
                </td>
                {[sample.receivedTime, sample.recordedTime].map((time, i) => (
                  <td key={i === 0 ? 'received' : 'recorded'}>
                    {time ? (
                      <time dateTime={time} data-raw={time}>
                        {formatMoment(new Date(time), locale)}
                      </time>
                    ) : (
                      '—'
                    )}
                  </td>
                ))}
                <td className="number">
                  <ValueText sample={sample} signal={signal} />
                </td>
                <td>
                  <UnitText signal={signal} />
                </td>
                <td>
                  <StatusWord sample={sample} />
                </td>
                <td>{sample.reasons.map((reason) => reasonText(reason, words)).join(' · ')}</td>
                <td>
                  {sample.value !== null && <CopyRaw raw={rawValue(shownValue(signal, sample.value))} />}{' '}
                  <PassportLink of={{ signal: signal.id, at: sample.time }} what={`${signal.id} ${sample.time}`} short />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function CopyRaw({ raw }: { raw: string }) {
  const { words } = useLanguage()
  return <CopyButton text={raw} label={words.value.copyRaw(raw)} />
}

const keyOf = (sample: Sample): string => `${sample.time} ${sample.statusCode} ${sample.value}`

function newest(samples: readonly Sample[]): Sample[] {
  const once = new Map<string, Sample>()
  // The stored form of a sample knows one time more than its live form.
  for (const sample of samples) if (!once.get(keyOf(sample))?.recordedTime) once.set(keyOf(sample), sample)
  return [...once.values()].sort((a, b) => Date.parse(b.time) - Date.parse(a.time)).slice(0, ROWS)
}
