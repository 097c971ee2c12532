import type { ExpressionProblem } from '../core/expression/index.ts'
import type { Located, Problems } from './places.ts'
import type { ConfigWords } from './words.ts'

/** Puts the mistakes of one expression at its place in the file; each says at which character of the expression it is. */
export function addExpressionProblems(found: readonly ExpressionProblem[], at: Located, problems: Problems, words: ConfigWords): void {
  for (const problem of found) problems.add(at, 'E_EXPRESSION', words.expression(problem))
}
