import picomatch from 'picomatch'
import { API_LIMITS } from './limits.ts'
import { Refusal } from './problem.ts'

/** A test for signal ids from a glob: `*` within a segment, `**` across segments, `{a,b}`, `?`. */
export function compileGlob(glob: string): (id: string) => boolean {
  if (glob === '**') return () => true
  if (glob.length > API_LIMITS.globLength) {
    throw new Refusal(400, 'glob-too-long', `a pattern has at most ${API_LIMITS.globLength} characters`)
  }
  // Extended globs and regular expressions in brackets could take exponential time; ids need neither.
  if (/[()]/.test(glob)) throw new Refusal(400, 'glob-invalid', 'a pattern has no parentheses', 'for example t2e/baggage/**/current')
  try {
    return picomatch(glob, { noextglob: true, nonegate: true, dot: true, maxLength: API_LIMITS.globLength, strictBrackets: true })
  } catch (error) {
    throw new Refusal(400, 'glob-invalid', `the pattern cannot be read: ${(error as Error).message}`, 'for example t2e/baggage/**/current')
  }
}
