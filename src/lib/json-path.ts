/** Names and indices from the outside in. */
export type JsonPath = readonly (string | number)[]

const STEP = /\.?([A-Za-z_$][\w$-]*)|\[(\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\]/y

/** Steps of one path. */
export const JSON_PATH_STEPS = 16

/** `sensors[0].t`, `$.value`, `["odd name"].v` as steps; undefined when it is no such path, or has more than `JSON_PATH_STEPS`. */
export function parsePath(text: string): JsonPath | undefined {
  const body = text.startsWith('$') && (text.length === 1 || text[1] === '.' || text[1] === '[') ? text.slice(1) : text
  const steps: (string | number)[] = []
  STEP.lastIndex = 0
  for (let at = 0; at < body.length; at = STEP.lastIndex) {
    // A dot stands between names: not before the first one of a path without $, and never missing between two.
    if (body[at] !== '[' && (at > 0 || body !== text) !== (body[at] === '.')) return undefined
    const found = STEP.exec(body)
    if (!found || steps.length >= JSON_PATH_STEPS) return undefined
    if (found[1] !== undefined) steps.push(found[1])
    else if (found[2] !== undefined) steps.push(Number(found[2]))
    else steps.push((found[3] as string).replace(/\\(.)/g, '$1'))
  }
  return steps
}

/** What stands at a path; undefined when nothing does. Only own properties count, so that no message reaches a prototype. */
export function follow(value: unknown, path: JsonPath): unknown {
  let at = value
  for (const step of path) {
    if (at === null || typeof at !== 'object') return undefined
    if (typeof step === 'number' ? !Array.isArray(at) : Array.isArray(at)) return undefined
    if (!Object.hasOwn(at, step)) return undefined
    at = (at as Record<string | number, unknown>)[step]
  }
  return at
}
