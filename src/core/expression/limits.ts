/** What one expression may be: with these, and without loops and regular expressions, none of them runs long. */
export const EXPRESSION_LIMITS = {
  /** Characters of the text. */
  characters: 2_000,
  /** Nodes of the tree. */
  nodes: 500,
  /** Parentheses, calls and lists inside one another. */
  depth: 32,
  /** Elements of one list. */
  elements: 64,
  /** Arguments of one call. */
  arguments: 16,
  /** Characters of a text that is put together. */
  text: 4_096,
} as const
