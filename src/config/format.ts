import type { ConfigProblem } from '../core/errors.ts'
import { CONFIG_LIMITS } from './limits.ts'

/** `file:line:column CODE message`, then `  hint: what to do`, as editors and CI systems know how to follow. */
function formatProblem(problem: ConfigProblem, hintWord: string): string {
  const { file, line, column, code, message, hint } = problem
  return `${file}:${line}:${column} ${code} ${message}${hint ? `\n  ${hintWord} ${hint}` : ''}`
}

/** All problems, one after the other; beyond `CONFIG_LIMITS.problems` only their number. `hintWord`: what a hint is called in the reader's language. */
export function formatProblems(problems: readonly ConfigProblem[], hintWord: string): string {
  const shown = problems.slice(0, CONFIG_LIMITS.problems).map((one) => formatProblem(one, hintWord))
  const more = problems.length - shown.length
  return [...shown, ...(more > 0 ? [`... +${more}`] : [])].join('\n')
}
