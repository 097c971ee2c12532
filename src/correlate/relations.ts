import type { Micros } from '../core/time.ts'
import type { Relation } from './config.ts'

/** Half-open: a moment that ends one is not in it. */
export interface Span {
  readonly from: Micros
  /** Infinity while it goes on. */
  readonly to: Micros
}

/**
 * How `it` lies to `each`. `overlaps`: they have time in common, be it a moment; the others are Allen's relations of the same names, ends counting as equal within the
 * tolerance. `before`, `after` and `meets` are told within `withinUs` of the interval, for something must end the search.
 */
export function relates(relation: Relation, it: Span, each: Span, toleranceUs: Micros, withinUs: Micros): boolean {
  const same = (a: Micros, b: Micros) => a === b || Math.abs(a - b) <= toleranceUs
  switch (relation) {
    case 'overlaps':
      return commonTime(it, each)
    case 'begins':
      return it.from >= each.from && it.from < each.to
    case 'ends':
      return it.to >= each.from && it.to < each.to
    case 'during':
      return it.from >= each.from - toleranceUs && it.to <= each.to + toleranceUs
    case 'contains':
      return it.from <= each.from + toleranceUs && it.to >= each.to - toleranceUs
    case 'starts':
      return same(it.from, each.from) && it.to <= each.to + toleranceUs
    case 'finishes':
      return same(it.to, each.to) && it.from >= each.from - toleranceUs
    case 'equals':
      return same(it.from, each.from) && same(it.to, each.to)
    case 'meets':
      return same(it.to, each.from) || same(each.to, it.from)
    case 'before':
      return it.to <= each.from && it.to >= each.from - withinUs
    case 'after':
      return it.from >= each.to && it.from <= each.to + withinUs
  }
}

/** What takes no time is in common where it lies inside. */
function commonTime(a: Span, b: Span): boolean {
  const from = Math.max(a.from, b.from)
  const to = Math.min(a.to, b.to)
  return from < to || (from === to && (a.from === a.to || b.from === b.to))
}

/** Microseconds of [from, to) that at least one of the spans covers. */
export function coveredUs(spans: readonly Span[], from: Micros, to: Micros): Micros {
  let covered = 0
  let until = from
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const begin = Math.max(span.from, until)
    const end = Math.min(span.to, to)
    if (end <= begin) continue
    covered += end - begin
    until = end
  }
  return covered
}
