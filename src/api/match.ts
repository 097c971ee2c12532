import { compileGlob as compile, type Glob, GlobError } from '../lib/glob.ts'
import { API_LIMITS } from './limits.ts'
import { Refusal } from './problem.ts'

/** A glob over signal ids, as callers of the API write it. Throws Refusal. */
export function compileGlob(glob: string): Glob {
  try {
    return compile(glob, { length: API_LIMITS.globLength, alternatives: API_LIMITS.globAlternatives })
  } catch (error) {
    if (!(error instanceof GlobError)) throw error
    throw new Refusal(400, 'glob-invalid', error.why, error.limit)
  }
}
