import { useState } from 'react'
import type { VerifyStateView } from '../../../src/api/schemas.ts'
import { beginVerification, readVerification } from '../api.ts'
import { formatInstant, formatNumber } from '../format.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { useLanguage } from '../words/index.ts'

const AGAIN_MS = 1_000

/** Has the node check everything it keeps, and follows how far it is. */
export function VerifyPanel() {
  const { words } = useLanguage()
  const text = words.evidence
  const { data } = useAnswer(readVerification, AGAIN_MS)
  const [begun, setBegun] = useState<VerifyStateView>()
  const [problem, setProblem] = useState<string>()
  // What was begun here counts until the node tells of it.
  const state = begun && (data === undefined || data.startedTime < begun.startedTime) ? begun : data
  const isRunning = state !== undefined && state.finishedTime === undefined
  const begin = () =>
    void beginVerification().then((answer) => {
      if (answer.ok) setBegun(answer.data)
      setProblem(answer.ok ? undefined : answer.problem.message)
    })
  return (
    <section className="panel" aria-labelledby="evidence-verification">
      <h2 id="evidence-verification">{text.verification}</h2>
      <p>
        <button type="button" disabled={isRunning} onClick={begin}>
          {text.verify}
        </button>
      </p>
      {problem && <p role="alert" className="problem">{`${text.failed} · ${problem}`}</p>}
      <div aria-live="polite">{state ? <State of={state} /> : <p className="soft">{text.neverVerified}</p>}</div>
      <p className="soft">{text.offline}</p>
    </section>
  )
}

function State({ of: state }: { of: VerifyStateView }) {
  const { locale, words } = useLanguage()
  const text = words.evidence
  const number = (count: number) => formatNumber(count, locale)
  const { segments, done, records, result, problem, finishedTime } = state
  if (finishedTime === undefined) {
    const said = text.verifying(number(done), number(segments), number(records))
    return (
      <p>
        <progress max={Math.max(1, segments)} value={done} aria-label={text.verification} /> {said}
      </p>
    )
  }
  if (!result) return <p className="problem">{`${text.failed} · ${problem ?? ''}`}</p>
  const { tampered, spool, audit, roots } = result
  return (
    <>
      {tampered ? (
        <p role="alert" className="problem">
          {`${text.unsound} · ${text.parts[tampered.part]} · `}
          {tampered.sequence === undefined ? tampered.file : text.place(tampered.file, number(tampered.sequence))}
          {` · ${tampered.what}`}
        </p>
      ) : (
        <p>{text.sound(number(spool?.records ?? 0), number(spool?.segments ?? 0))}</p>
      )}
      {audit && !tampered && <p>{text.soundAudit(number(audit.entries), number(roots))}</p>}
      {spool && spool.unsignedRecords > 0 && <p className="soft">{text.unsigned(number(spool.unsignedRecords))}</p>}
      {spool && spool.lateSegments > 0 && <p className="soft">{text.late(number(spool.lateSegments))}</p>}
      <p className="soft">{`${text.finished} ${formatInstant(new Date(finishedTime), locale)}`}</p>
    </>
  )
}
