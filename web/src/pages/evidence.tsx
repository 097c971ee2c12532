import { useCallback } from 'react'
import type { Evidence } from '../../../src/api/schemas.ts'
import { readAudit, readEvidence } from '../api.ts'
import { formatBytes, formatDate, formatInstant, formatNumber } from '../format.ts'
import { useLive } from '../live/use-live.ts'
import { AuditTable } from '../parts/audit-table.tsx'
import { VerifyPanel } from '../parts/verify-panel.tsx'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'

const AGAIN_MS = 10_000

/** `kind` and `period` choose entries of the audit log. */
export function EvidencePage({ kind, period }: { kind: string; period: string }) {
  const { words } = useLanguage()
  const { permissions } = useLive()
  const text = words.evidence
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        <p className="soft">{text.intro}</p>
      </header>
      {permissions.includes('audit') ? <Allowed kind={kind} period={period} /> : <p>{text.mayNot}</p>}
    </>
  )
}

function Allowed({ kind, period }: { kind: string; period: string }) {
  const { words } = useLanguage()
  const text = words.evidence
  const { data, problem } = useAnswer(readEvidence, AGAIN_MS)
  const entries = useAnswer(
    useCallback(() => readAudit(kind, period), [kind, period]),
    AGAIN_MS,
  )
  return (
    <>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && !problem && <p className="soft">{words.account.working}…</p>}
      {data && (
        <div className="depth">
          <Signing of={data} />
          <VerifyPanel />
        </div>
      )}
      {data && <Roots of={data} />}
      <AuditTable list={entries.data} problem={entries.problem} kind={kind} period={period} />
    </>
  )
}

function Signing({ of: { key, head, problem, audit } }: { of: Evidence }) {
  const { locale, words } = useLanguage()
  const text = words.evidence
  const number = (count: number) => formatNumber(count, locale)
  const moment = (time: string | undefined) => (time === undefined ? text.never : formatInstant(new Date(time), locale))
  const rows: [string, string][] = [
    [text.key, key],
    [text.head, head ? number(head.sequence) : text.never],
    [text.signed, moment(head?.signedTime)],
    [text.first, head ? number(head.firstSequence) : text.never],
    [text.auditHead, number(audit.entry)],
    [text.auditSigned, `${number(audit.signedEntry)} · ${moment(audit.signedTime)}`],
    [text.reserved, formatBytes(audit.reservedBytes, locale)],
  ]
  return (
    <section className="panel" aria-labelledby="evidence-signing">
      <h2 id="evidence-signing">{text.signing}</h2>
      {problem && <p role="alert" className="problem">{`${text.cannotSign} · ${problem}`}</p>}
      {audit.problem && <p role="alert" className="problem">{`${text.auditProblem} · ${audit.problem}`}</p>}
      <dl className="evidence-facts">
        {rows.map(([title, value]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {audit.forwards.map((one) => (
        <p key={`${one.to} ${one.format}`} className={one.problem ? 'problem' : 'soft'}>
          {text.forwards(one.to, number(one.sent), number(one.waiting), number(one.lost))}
          {one.problem && ` · ${one.problem}`}
        </p>
      ))}
    </section>
  )
}

/** Hours of every node whose log is here, newest first within each. */
function Roots({ of: { streams, node: own } }: { of: Evidence }) {
  const { locale, words } = useLanguage()
  const text = words.evidence
  const rows = streams.flatMap(({ node, epoch, open, recent }) => [
    ...(open ? [{ node, epoch, ...open, isOpen: true, isDifferent: undefined, statedRoot: undefined }] : []),
    ...recent.map((one) => ({ node, epoch, ...one, isOpen: false })),
  ])
  return (
    <section className="panel gaps" aria-labelledby="evidence-roots">
      <h2 id="evidence-roots">{text.roots}</h2>
      <p className="soft">{text.rootsHelp}</p>
      {rows.length === 0 && <p>{text.noRoots}</p>}
      {rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="scroll-x evidence-roots" aria-label={text.hours} tabIndex={0}>
          <table className="samples">
            <thead>
              <tr>
                <th scope="col">{text.node}</th>
                <th scope="col">{text.hour}</th>
                <th scope="col">{text.records}</th>
                <th scope="col">{text.root}</th>
                <th scope="col">{text.said}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ node, epoch, hour, from, to, root, isOpen, isDifferent, statedRoot }) => (
                <tr key={`${node} ${epoch} ${from}`}>
                  <td>{node}</td>
                  <td>{`${formatDate(new Date(hour), locale)}${isOpen ? ` · ${text.goesOn}` : ''}`}</td>
                  <td>{`${formatNumber(from, locale)} – ${formatNumber(to, locale)}`}</td>
                  <td>
                    <code>{root}</code>
                  </td>
                  <td className={isDifferent ? 'problem' : undefined}>
                    {isOpen
                      ? ''
                      : node === own
                        ? text.saidHere
                        : isDifferent === undefined
                          ? text.saidNot
                          : isDifferent
                            ? text.saidOther
                            : text.saidSame}
                    {isDifferent && <code>{` ${statedRoot}`}</code>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  )
}
