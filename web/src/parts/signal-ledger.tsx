import { useCallback } from 'react'
import { readSignalLedger } from '../api.ts'
import { formatInstant, formatNumber } from '../format.ts'
import { useLive } from '../live/use-live.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { useLanguage } from '../words/index.ts'

const AGAIN_MS = 60_000

/** The sums of some signals by connection: what the log holds of them, and what the historian has of that. */
export function SignalLedger({ match, lengthMs }: { match: string; lengthMs: number | undefined }) {
  const { locale, words } = useLanguage()
  const text = words.ledger
  const { stream } = useLive()
  const read = useCallback(() => {
    const to = new Date(Date.now() + stream.state().offsetMs)
    return readSignalLedger(match, lengthMs === undefined ? undefined : { from: new Date(to.getTime() - lengthMs), to })
  }, [match, lengthMs, stream])
  const { data, problem } = useAnswer(read, AGAIN_MS)
  const number = (count: number) => formatNumber(count, locale)
  const found = data?.signals
  return (
    <div className="panel">
      <h2>{text.signalsTitle}</h2>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!found && !problem && <p className="soft">{words.account.working}…</p>}
      {found?.sums.length === 0 && <p>{text.noSignals}</p>}
      {found && found.sums.length > 0 && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <section className="scroll-x" aria-label={text.signalsTitle} tabIndex={0}>
            <table className="samples ledger">
              <thead>
                <tr>
                  <th scope="col">{text.connection}</th>
                  <th scope="col">{text.node}</th>
                  <th scope="col">{text.signalsCount}</th>
                  <th scope="col">{text.sum}</th>
                  <th scope="col">{text.state}</th>
                </tr>
              </thead>
              <tbody>
                {found.sums.map(({ node, connection, signals, logged, delivered, pending, off, signalsOff, examples, state, ...one }) => (
                  <tr key={`${node} ${connection}`}>
                    <th scope="row">{connection === '' ? text.unknownConnection : connection}</th>
                    <td>{node}</td>
                    <td>{number(signals)}</td>
                    <td>{`${text.inLog} ${number(logged)} = ${text.delivered} ${number(delivered)} + ${text.pending} ${number(pending)}`}</td>
                    <td>
                      {state === 'closed' && text.closed}
                      {state === 'not-told-apart' && text.notToldApart(number(one.droppedOfConnection))}
                      {state === 'off' && (
                        <strong className="problem">{`${text.off(number(off))} · ${text.signalsOff(number(signalsOff), examples.join(', '))}`}</strong>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          <p className="soft">
            {text.signalsRange(
              number(found.from),
              number(found.to),
              found.fromTime === undefined ? '–' : formatInstant(new Date(found.fromTime), locale),
            )}
          </p>
        </>
      )}
    </div>
  )
}
