import type { Signal, Why } from '../../../src/api/schemas.ts'
import { useLanguage } from '../words/index.ts'
import { RuleNote } from './rule-note.tsx'

/** Every rule that judges a signal, and which of them object now. */
export function SignalRules({ why, signal }: { why: Why; signal: Signal }) {
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
