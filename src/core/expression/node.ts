import type { ASTNode } from '@marcbachmann/cel-js'
import type { Measure } from './measure.ts'
import type { ExpressionProblem, Values } from './types.ts'

/**
 * A checked part of an expression. `run` never throws. Not known is NaN for numbers and times, undefined for the others. A number that is not finite
 * counts as not known wherever it would be decided upon.
 */
export type Node =
  | { readonly type: 'number'; readonly measure: Measure; readonly run: (values: Values) => number }
  | { readonly type: 'time'; readonly run: (values: Values) => number }
  | { readonly type: 'boolean'; readonly run: (values: Values) => boolean | undefined }
  | { readonly type: 'text'; readonly run: (values: Values) => string | undefined }

export type NumberNode = Extract<Node, { type: 'number' }>

/** Collects what is wrong; `problem` gives undefined, so that what holds the part is no node either. */
export interface Checking {
  /** The node of a part, or undefined where something is wrong with it. */
  visit(ast: ASTNode): Node | undefined
  problem(ast: ASTNode, code: ExpressionProblem['code'], about?: Pick<ExpressionProblem, 'found' | 'expected' | 'near'>): undefined
}

export const isKnown = (value: number): boolean => value - value === 0
