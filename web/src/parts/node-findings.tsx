import type { NodeFinding } from '../../../src/api/schemas.ts'
import { formatNumber, formatSpan } from '../format.ts'
import { useLanguage, type Words } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

/** What somebody should look at, errors first; a quiet line where there is nothing. */
export function NodeFindings({ findings, total }: { findings: readonly NodeFinding[]; total: number }) {
  const { locale, words } = useLanguage()
  const text = words.nodes
  if (findings.length === 0) return <p className="soft node-findings">{text.noFindings}</p>
  return (
    <section className="panel node-findings" aria-labelledby="node-findings">
      <h2 id="node-findings">{text.findings}</h2>
      <ul>
        {findings.map((finding) => (
          <Finding key={`${finding.code} ${finding.what} ${finding.file} ${finding.node}`} finding={finding} />
        ))}
      </ul>
      {total > findings.length && <p className="soft">{text.moreFindings(formatNumber(total - findings.length, locale))}</p>}
    </section>
  )
}

function Finding({ finding }: { finding: NodeFinding }) {
  const { locale, words } = useLanguage()
  const { code, severity, node, owner, address, what, refusal, carried, file, count, days, seconds } = finding
  const detail = seconds !== undefined ? formatSpan(seconds, locale) : (file ?? formatNumber(count ?? days ?? 0, locale))
  const isCertificate = code === 'certificate-expiring' || code === 'certificate-expired'
  const beside = owner ?? address
  const whom = isCertificate ? words.nodes.certificates[what ?? 'node'](node) : beside === undefined ? node : `${node} (${beside})`
  return (
    <li>
      <Mark of={severity === 'error' ? 2 : 1} />
      <div>
        <b>{words.nodes.findingTexts[code](whom, detail)}</b>
        {isCertificate && <p>{words.nodes.renewal}</p>}
        {refusal && code !== 'link-refused' && <Refusal code={refusal} node={node} />}
        {carried && <p>{words.nodes.carried[carried]}</p>}
        {code === 'signals-contested' && <p>{words.nodes.contested}</p>}
        {['link-down', 'spool-problem', 'signals-contested'].includes(code) && (
          <p className="soft" lang="en">
            {finding.message}
          </p>
        )}
      </div>
    </li>
  )
}

/** What a refusal means and what to do about it. */
export function Refusal({ code, node }: { code: keyof Words['nodes']['refusals']; node: string }) {
  const { words } = useLanguage()
  const { what, todo } = words.nodes.refusals[code]
  return (
    <>
      <p>{what(node)}</p>
      <p>
        <b>{words.nodes.whatToDo}</b> {todo(node)}
      </p>
    </>
  )
}
