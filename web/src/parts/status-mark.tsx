import type { Sample } from '../../../src/api/schemas.ts'
import { STANDINGS, type Standing, standing } from '../live/branches.ts'
import type { Level } from '../live/judge.ts'
import { useLanguage } from '../words/index.ts'

/** One shape per state, so that it reads without colour: ring = good, triangle = uncertain, square with a cross = bad, dashed ring = nothing yet. */
export function Mark({ of, out = false }: { of: Standing; out?: boolean }) {
  return (
    <svg className={`mark mark-${STANDINGS[of]}${out ? ' mark-out' : ''}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      {of === 0 && <circle cx="8" cy="8" r="4.5" />}
      {of === 1 && <path d={out ? 'M8 1 15 8 8 15 1 8Z' : 'M8 1.5 15 14H1Z'} />}
      {of === 1 && <path className="mark-sign" d={out ? 'M8 4.5v4M8 10.6v1' : 'M8 6v4M8 11.5v1'} />}
      {of === 2 && <rect x="1.5" y="1.5" width="13" height="13" />}
      {of === 2 && <path className="mark-sign" d="m4.8 4.8 6.4 6.4M11.2 4.8l-6.4 6.4" />}
      {of === 3 && <circle cx="8" cy="8" r="5.5" />}
    </svg>
  )
}

/** Shape and word of a sample's status. */
export function StatusWord({ sample, level }: { sample: Sample | undefined; level?: Level }) {
  const { words } = useLanguage()
  const at = standing(sample)
  const text = level === 5 ? words.levels.near : level === 2 ? words.levels.out : words.status[STANDINGS[at]]
  return (
    <span className={`status status-${STANDINGS[at]}`} data-status={STANDINGS[at]} title={sample?.statusCode}>
      <Mark of={at} out={level === 2} />
      {text}
    </span>
  )
}
