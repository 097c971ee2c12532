import { lintProcess, type ProcessFinding } from '../process/config.ts'
import { addExpressionProblems } from './expressions.ts'
import type { Located } from './places.ts'
import { locate, type Problems } from './places.ts'
import type { EcluseConfig } from './schema.ts'
import type { ConfigWords } from './words.ts'

export interface ProcessContext {
  readonly at: Located
  readonly problems: Problems
  readonly words: ConfigWords
  readonly declared: Parameters<typeof lintProcess>[1]['declared']
  readonly open: readonly string[]
  readonly templates: Parameters<typeof lintProcess>[1]['templates']
}

/** What is computed from signals: that these exist, that expressions are sound, that nothing goes round in circles. Gives the signals that are made. */
export function checkProcess(config: EcluseConfig, context: ProcessContext): ReturnType<typeof lintProcess>['made'] {
  const { declared, open, templates } = context
  const { findings, made } = lintProcess(config, { site: config.site.id, declared, open, templates })
  for (const finding of findings) say(finding, context)
  return made
}

function say(finding: ProcessFinding, { at, problems, words }: ProcessContext): void {
  const place = locate(at, finding.path)
  switch (finding.kind) {
    case 'unknown-signal': {
      const { id, near, isCertain } = finding
      problems.add(place, isCertain ? 'E_UNKNOWN_SIGNAL' : 'W_UNKNOWN_SIGNAL', words.unknownSignal(id, near, isCertain))
      return
    }
    case 'duplicate-signal':
      problems.add(place, 'E_DUPLICATE_SIGNAL', words.madeTwice(finding.id))
      return
    case 'duplicate-event':
      problems.add(place, 'E_DUPLICATE_NAME', words.eventTwice(finding.id))
      return
    case 'cycle':
      problems.add(place, 'E_CYCLE', words.derivedCycle(finding.id))
      return
    case 'expression':
      addExpressionProblems([finding.problem], place, problems, words)
      return
    case 'glob':
      problems.add(place, 'E_VALUE', words.badGlob())
      return
    case 'no-place':
      problems.add(place, 'E_NO_EQUIPMENT', words.noEquipment())
      return
    case 'tolerance':
      problems.add(place, 'E_TOLERANCE', words.toleranceMissing())
      return
    case 'window':
      problems.add(place, 'E_VALUE', words.badWindow())
  }
}
