import { useCallback } from 'react'
import { readLineage } from '../api.ts'
import { consumers } from '../live/lineage-of.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { Counts } from './lineage-side.tsx'

const AGAIN_MS = 300_000

/** Who depends on a signal, to the end, counted by kind. */
export function DependentsHere({ id }: { id: string }) {
  const { words } = useLanguage()
  const of = `signal:${id}`
  const read = useCallback(() => readLineage({ of, direction: 'forward', depth: 64, limit: 0 }), [of])
  const { data } = useAnswer(read, AGAIN_MS)
  if (!data) return null
  const counts = consumers(data)
  return (
    <section className="panel">
      <h2>{words.lineage.here}</h2>
      {counts.length === 0 ? <p className="soft">{words.lineage.hereNone}</p> : <Counts counts={counts} />}
      <p>
        <a href={hrefTo('lineage', { of })}>{words.lineage.hereAll}</a>
      </p>
    </section>
  )
}
