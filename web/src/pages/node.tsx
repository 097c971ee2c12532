import { useCallback } from 'react'
import type { NodeList } from '../../../src/api/schemas.ts'
import { readGaps, readNodes } from '../api.ts'
import { formatDate, formatSpan } from '../format.ts'
import { GapTable } from '../parts/gap-table.tsx'
import { LinkPanel } from '../parts/link-panel.tsx'
import { NodeFindings } from '../parts/node-findings.tsx'
import { NodeTable } from '../parts/node-table.tsx'
import { SpoolPanel } from '../parts/spool-panel.tsx'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'

const AGAIN_MS = 5_000
const GAPS_AGAIN_MS = 30_000

/** `at`: the node whose gaps are shown; `query` and `which` choose rows of the table. */
export function NodePage({ at, query, which }: { at: string; query: string; which: string }) {
  const { words } = useLanguage()
  const text = words.nodes
  const { data, problem } = useAnswer(readNodes, AGAIN_MS)
  const gaps = useAnswer(
    useCallback(() => readGaps(at), [at]),
    GAPS_AGAIN_MS,
  )
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        {data && <Who of={data} />}
      </header>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && !problem && <p className="soft">{words.account.working}…</p>}
      {data && (
        <>
          <NodeFindings findings={data.findings} total={data.findingsTotal} />
          <div className="depth">
            <SpoolPanel self={data.self} time={data.time} />
            <LinkPanel self={data.self} time={data.time} receives={data.self.role === 'hub' || data.nodes.length > 0} />
          </div>
          <NodeTable nodes={data.nodes} time={data.time} at={at} query={query} which={which} />
          <GapTable list={gaps.data} problem={gaps.problem} at={at} />
        </>
      )}
    </>
  )
}

/** Name, role and age of this node, in one line. */
function Who({ of: { self, time } }: { of: NodeList }) {
  const { locale, words } = useLanguage()
  const text = words.nodes
  const running = formatSpan((Date.parse(time) - Date.parse(self.startedTime)) / 1000, locale)
  const begun = formatDate(new Date(self.epoch / 1000), locale)
  return (
    <p className="soft">
      <b>{self.node}</b> · {text.roles[self.role]} · {`${text.started} ${running}`} · {`${text.epoch} ${begun}`}
      {self.linkAddress && (
        <>
          {` · ${text.address} `}
          <code>{self.linkAddress}</code>
        </>
      )}
    </p>
  )
}
