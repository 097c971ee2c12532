import { nearest } from '../lib/suggest.ts'
import { DECLARATION_LIMITS, type QualifyConfig } from '../qualify/config.ts'
import type { DeclaredSignals } from './checks.ts'
import { checkRanges } from './models.ts'
import { type Located, locate, type Path, type Problems } from './places.ts'
import type { ConfigWords } from './words.ts'

export interface DeclarationContext {
  readonly at: Located
  readonly declared: DeclaredSignals
  /** True when every signal is named in the file: ids that are not there do not exist. False where a device is browsed for them. */
  readonly isComplete: boolean
  readonly problems: Problems
  readonly words: ConfigWords
}

/** What peers, substitutes and the count of rules say of signals: that they exist, once, without going round in circles. */
export function checkDeclarations(config: Pick<QualifyConfig, 'models' | 'peers' | 'substitutes'>, context: DeclarationContext): void {
  const { at, declared, problems, words } = context
  const rules = new Map<string, number>()
  for (const [name, { same, total, parts }] of Object.entries(config.peers)) {
    same?.forEach((id, index) => {
      checkMember(id, ['peers', name, 'same', index], rules, context)
    })
    if (total !== undefined) checkMember(total, ['peers', name, 'total'], rules, context)
    parts?.forEach((id, index) => {
      checkMember(id, ['peers', name, 'parts', index], rules, context)
    })
  }
  for (const [id, { of }] of Object.entries(config.substitutes)) {
    const first = declared.get(id)
    const where = first && `${first.source.file}:${first.source.at(first.offset).line}`
    if (where) problems.add(locate(at, ['substitutes', id]), 'E_DUPLICATE_SIGNAL', words.duplicateSignal(id, where))
    checkMember(of, ['substitutes', id, 'of'], rules, context)
  }
  for (const part of ['models', 'peers', 'substitutes'] as const) {
    const most = DECLARATION_LIMITS[part]
    if (Object.keys(config[part]).length > most) problems.add(locate(at, [part]), 'E_TOO_MANY', words.tooMany(most))
  }
  for (const [name, model] of Object.entries(config.models)) checkRanges(model, locate(at, ['models', name]), context)
  checkCycles(config.peers, context)
}

function checkMember(id: string, path: Path, rules: Map<string, number>, context: DeclarationContext): void {
  const { at, declared, isComplete, problems, words } = context
  const count = (rules.get(id) ?? 0) + 1
  rules.set(id, count)
  if (count === DECLARATION_LIMITS.perSignal + 1)
    problems.add(locate(at, path), 'E_TOO_MANY', words.tooManyRules(DECLARATION_LIMITS.perSignal))
  if (declared.has(id)) return
  const near = nearest(id, [...declared.keys()])
  problems.add(locate(at, path), isComplete ? 'E_UNKNOWN_SIGNAL' : 'W_UNKNOWN_SIGNAL', words.unknownSignal(id, near, isComplete))
}

/** A balance whose total is a part of itself, directly or through others, holds for zero alone. */
function checkCycles(peers: QualifyConfig['peers'], { at, problems, words }: DeclarationContext): void {
  const partsOf = new Map<string, Set<string>>()
  for (const { total, parts } of Object.values(peers)) {
    if (total !== undefined) partsOf.set(total, new Set([...(partsOf.get(total) ?? []), ...(parts ?? [])]))
  }
  for (const [name, { total, parts }] of Object.entries(peers)) {
    if (total === undefined) continue
    const reached = new Set<string>()
    const open = [...(parts ?? [])]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (reached.has(id)) continue
      reached.add(id)
      open.push(...(partsOf.get(id) ?? []))
    }
    if (reached.has(total)) problems.add(locate(at, ['peers', name, 'total']), 'E_CYCLE', words.cycle(total))
  }
}
