import type { Characteristics, QualityRow } from '../../../src/api/schemas.ts'

/** Periods of the scoreboard, in milliseconds. */
export const QUALITY_PERIODS = { '1h': 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000 } as const
export type QualityPeriod = keyof typeof QUALITY_PERIODS
export const isQualityPeriod = (text: string): text is QualityPeriod => Object.hasOwn(QUALITY_PERIODS, text)

export const CHARACTERISTICS = [
  'completeness',
  'timeliness',
  'accuracy',
  'precision',
  'consistency',
] as const satisfies readonly (keyof Characteristics)[]
export const SHARES = ['good', 'uncertain', 'bad', 'unknown'] as const

/** What a reader types, as a glob over ids: plain words are looked for anywhere in the path. */
export function globOf(query: string): string {
  const text = query.trim().replace(/^\/+|\/+$/g, '')
  if (text === '') return '**'
  return /[*?[\]{}]/.test(text) ? text : `**/*${text}*/**`
}

/** Kinds by count, most first. */
export const ranked = (counts: Readonly<Record<string, number>>): [kind: string, count: number][] =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a, many], [b, others]) => others - many || (a < b ? -1 : 1))

/** Shares that were summed in another order still are the same share. */
const SAME = 1e-9

/** What holds the score down: the characteristics, or the time covered, that are as low as the score. A whole score is held down by nothing. */
export function weakest({ score, characteristics, covered }: QualityRow): ReadonlySet<string> {
  const low = new Set<string>()
  if (score === null || score >= 1) return low
  const isLow = (share: number | null) => share !== null && share <= score + SAME
  for (const name of CHARACTERISTICS) if (isLow(characteristics[name])) low.add(name)
  if (isLow(covered.good)) low.add('covered')
  return low
}

/** One row per hour of the last `count`, oldest first; undefined where the node has judged nothing. */
export function hoursOf(rows: readonly QualityRow[], nowMs: number, count: number): { startMs: number; row: QualityRow | undefined }[] {
  const hourMs = 3_600_000
  const last = Math.floor(nowMs / hourMs) * hourMs
  const known = new Map(rows.map((row) => [Math.floor(Date.parse(row.time) / hourMs) * hourMs, row]))
  return Array.from({ length: count }, (_, i) => {
    const startMs = last - (count - 1 - i) * hourMs
    return { startMs, row: known.get(startMs) }
  })
}
