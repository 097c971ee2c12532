import { useCallback } from 'react'
import type { Signal, Why } from '../../../src/api/schemas.ts'
import { readWhy } from '../api.ts'
import { useSample } from '../live/use-live.ts'
import { useAnswer, useCalm } from '../pages/use-answer.ts'
import { useLanguage } from '../words/index.ts'
import { CurrentValue } from './current-value.tsx'
import { Places } from './places.tsx'
import { RuleNote } from './rule-note.tsx'

/** The explanation is read again when the reasons change, at most this often, and once a minute for the declaration. */
const CALM_MS = 2_000
const AGAIN_MS = 60_000

/** The value now, why it has its status, and every rule that judges it. */
export function SignalNow({ index, signal }: { index: number; signal: Signal }) {
  const sample = useSample(index)
  const reasons = useCalm(sample ? [sample.statusCode, ...sample.reasons].join(' ') : '', CALM_MS)
  // biome-ignore lint/correctness/useExhaustiveDependencies: other reasons need another explanation
  const read = useCallback(() => readWhy(signal.id), [signal.id, reasons])
  const { data } = useAnswer(read, AGAIN_MS)
  return (
    <div className="signal-side">
      <CurrentValue index={index} signal={signal} why={data} />
      {data && <Places places={data.equipment} />}
      {data && <Rules why={data} signal={signal} />}
    </div>
  )
}

function Rules({ why, signal }: { why: Why; signal: Signal }) {
  const { words } = useLanguage()
  // A rule with several reasons is listed once.
  const rules = [...new Map(why.applied.map((rule) => [rule.rule === 'peers' ? rule.reason : rule.rule, rule])).values()]
  const { model, author } = why.declaration ?? {}
  const fired = new Set(why.rules.map(({ rule }) => rule))
  return (
    <section className="panel rules">
      <h2>{words.quality.rulesHere}</h2>
      <p className="soft">{[model && words.quality.model(model), author && words.quality.author(author)].filter(Boolean).join(' · ')}</p>
      {rules.length === 0 && <p className="soft">{words.quality.rulesNone}</p>}
      <ul>
        {rules.map((rule) => (
          <li key={`${rule.rule} ${rule.reason}`}>
            {fired.has(rule.rule) && <b className="rule-fired">{words.quality.fired}</b>}
            <RuleNote rule={rule} signal={signal} under={why.declaration} />
          </li>
        ))}
      </ul>
    </section>
  )
}
