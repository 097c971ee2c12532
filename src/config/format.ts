import type { ConfigProblem } from '../core/errors.ts'
import { CONFIG_LIMITS } from './limits.ts'

/** `file:line:column CODE message`, as editors and CI systems know how to follow; then `  hint: what to do`, in the words of who reads. */
export function formatProblem(problem: ConfigProblem, hintWord: string): string {
  const { file, line, column, code, message, hint } = problem
  return `${file}:${line}:${column} ${code} ${message}${hint ? `\n  ${hintWord} ${hint}` : ''}`
}

/** All problems, one after the other; beyond `CONFIG_LIMITS.problems` only their number. */
export function formatProblems(problems: readonly ConfigProblem[], hintWord: string): string {
  const shown = problems.slice(0, CONFIG_LIMITS.problems).map((problem) => formatProblem(problem, hintWord))
  const more = problems.length - shown.length
  return [...shown, ...(more > 0 ? [`... +${more}`] : [])].join('\n')
}
