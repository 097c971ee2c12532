/**
 * Parses JSON without losing digits: a number that a double cannot hold as it is written comes as its text. Throws SyntaxError, also where objects
 * and lists stand more than `maxDepth` deep: what walks over them would run out of stack.
 */
export function parseExactJson(text: string, maxDepth: number): unknown {
  if (depthOf(text) > maxDepth) throw new SyntaxError(`nested more than ${maxDepth} deep`)
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && !isExact(value, context.source) ? context.source : value,
  )
}

/** How deep brackets stand in each other, outside of texts. Malformed text gives some number; parsing refuses it anyway. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quoted) {
      if (code === 92) i++
      else if (code === 34) quoted = false
    } else if (code === 34) quoted = true
    else if (code === 91 || code === 123) deepest = Math.max(deepest, ++depth)
    else if (code === 93 || code === 125) depth--
  }
  return deepest
}

/** A double gives 15 significant digits back as they were; whole numbers up to 2^53 too. */
function isExact(value: number, source: string): boolean {
  if (Number.isSafeInteger(value) && /^-?\d+$/.test(source)) return true
  const digits = source.replace(/e.*$/i, '').replace(/[-.]/g, '').replace(/^0+/, '')
  return Number.isFinite(value) && digits.length <= 15
}
