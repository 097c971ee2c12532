import type { RuleExplanation, Signal } from '../../../src/api/schemas.ts'
import { useLanguage } from '../words/index.ts'
import { ruleText } from './rule-text.ts'

interface RuleNoteProps {
  rule: RuleExplanation
  signal: Signal
  /** What the list above already said of all. */
  under?: { readonly model?: string; readonly author?: string }
}

/** What a rule holds readings to, and where that is written: model, author, version. */
export function RuleNote({ rule, signal, under }: RuleNoteProps) {
  const { locale, words } = useLanguage()
  const text = words.quality
  const origin = [
    rule.model && rule.model !== under?.model && text.model(rule.model),
    rule.author && rule.author !== under?.author && text.author(rule.author),
    `${rule.rule}, ${text.version(String(rule.version))}`,
  ].filter(Boolean)
  return (
    <p className="rule-note">
      {ruleText(rule, signal, locale, words)} <small className="soft">{origin.join(' · ')}</small>
    </p>
  )
}
