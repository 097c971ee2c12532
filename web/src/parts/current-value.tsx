import type { Sample, Signal, Why } from '../../../src/api/schemas.ts'
import { formatInstant, rawValue } from '../format.ts'
import { levelOf } from '../live/judge.ts'
import { shownValue } from '../live/shown.ts'
import { useSample } from '../live/use-live.ts'
import { useLanguage } from '../words/index.ts'
import { Analog } from './analog.tsx'
import { CopyButton } from './copy-button.tsx'
import { PassportLink } from './passport-link.tsx'
import { statusText } from './reason-text.ts'
import { ReasonList } from './reasons.tsx'
import { StatusWord } from './status-mark.tsx'
import { Age, storedText, UnitText, ValueText } from './value.tsx'

/** The value, large, with everything that says whether it may be used. */
export function CurrentValue({ index, signal, why }: { index: number; signal: Signal; why: Why | undefined }) {
  const { locale, words } = useLanguage()
  const sample = useSample(index)
  const raw = sample ? rawValue(shownValue(signal, sample.value)) : ''
  const stored = storedText(sample, signal, locale, words)
  return (
    <section className="panel current" data-signal={signal.id}>
      <h2>{words.signal.current}</h2>
      <p className="current-value">
        <ValueText sample={sample} signal={signal} /> <UnitText signal={signal} />
        {sample && sample.value !== null && <CopyButton text={raw} label={words.value.copyRaw(raw)} />}{' '}
        <small>
          <PassportLink of={{ signal: signal.id }} what={signal.id} />
        </small>
      </p>
      {stored && <p className="soft current-stored">{stored}</p>}
      <p className="current-status">
        <StatusWord sample={sample} level={levelOf(signal, sample)} />
        <Analog signal={signal} sample={sample} />
        <span className="soft">
          {words.value.age} <Age sample={sample} />
        </span>
      </p>
      {sample && (
        <div className="why">
          <h3>{words.signal.why}</h3>
          <p>
            {statusText(sample.statusCode, words)} <code>{sample.statusCode}</code>
          </p>
          {sample.reasons.length > 0 ? (
            <ReasonList reasons={sample.reasons} signal={signal} why={why} />
          ) : (
            sample.status === 'Good' && <p className="soft">{words.signal.whyGood}</p>
          )}
          {why?.declaration?.since && (
            <p className="soft">
              {words.quality.since(formatInstant(new Date(why.declaration.since), locale))}
              {why.declaration.configVersion && (
                <>
                  {' · '}
                  {words.quality.configVersion(why.declaration.configVersion)}
                </>
              )}
            </p>
          )}
        </div>
      )}
      {sample && <Times sample={sample} />}
    </section>
  )
}

function Times({ sample }: { sample: Sample }) {
  const { locale, words } = useLanguage()
  const rows = [
    [words.signal.source, words.signal.sourceHelp, sample.time],
    [words.signal.received, words.signal.receivedHelp, sample.receivedTime],
    [words.signal.recorded, words.signal.recordedHelp, sample.recordedTime],
  ] as const
  return (
    <>
      <h3>{words.signal.times}</h3>
      <dl className="facts times">
        {rows.map(([name, help, time]) => (
          <div key={name}>
            <dt>
              {name} <small className="soft">{help}</small>
            </dt>
            <dd>
              {time ? (
                <time dateTime={time} data-raw={time}>
                  {formatInstant(new Date(time), locale)}
                </time>
              ) : (
                <span className="soft">{words.signal.notYet}</span>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </>
  )
}
