import type { Contract } from '../../../src/api/schemas.ts'

/** True where the contract binds the signal: by its name, or by the pattern that its properties give under the site. */
export const binds = (contract: Contract, id: string, site: string): boolean =>
  contract.properties.some(({ signals, signal }) => signals.includes(id) || (signal !== undefined && matchesGlob(`${site}/${signal}`, id)))

/** `*` and `?` within a step of the path, `**` across steps. Never looks back past the last star, so that no pattern is slow. */
export const matchesGlob = (glob: string, id: string): boolean =>
  covers(glob.split('/'), id.split('/'), '**', (step, part) => covers([...step], [...part], '*', (a, b) => a === '?' || a === b))

function covers(pattern: readonly string[], text: readonly string[], star: string, fits: (a: string, b: string) => boolean): boolean {
  let p = 0
  let t = 0
  let starAt = -1
  let from = 0
  while (t < text.length) {
    if (pattern[p] === star) {
      starAt = p++
      from = t
    } else if (p < pattern.length && fits(pattern[p], text[t])) {
      p++
      t++
    } else if (starAt >= 0) {
      p = starAt + 1
      t = ++from
    } else return false
  }
  while (pattern[p] === star) p++
  return p === pattern.length
}

/** Violations first, then those that are enforced, by name. */
export const worseContract = (a: Contract, b: Contract): number =>
  recent(b) - recent(a) ||
  Number(b.violations.length > 0) - Number(a.violations.length > 0) ||
  Number(b.enforced) - Number(a.enforced) ||
  (nameOf(a) < nameOf(b) ? -1 : 1)

export const nameOf = (contract: Contract): string => contract.name ?? contract.id

/** Readings that broke it in the last hour. */
export const recent = ({ violations }: Contract): number => violations.reduce((sum, { lastHour }) => sum + lastHour, 0)
