import type { ZoneLine, ZoneMap } from './zone-map.ts'
import { CONDUIT_STATES, type ConduitState, standingOf } from './zone-rows.ts'

/** What is written on a line: `name` of the only one, or how many; `state` where it is abnormal. */
export interface LineBadge {
  readonly line: ZoneLine
  /** One under another. */
  readonly texts: readonly string[]
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly standing: 0 | 1 | 2 | 3
}

export interface BadgeWords {
  readonly states: Readonly<Record<ConduitState, string>>
  count(count: string): string
  more(count: string): string
}

/** Up to so many lines single conduits are named in the drawing; above, the list names them. */
const NAMED_LINES = 24
/** Names of a chosen line. */
const FANNED = 8
const CHARACTER = 6
const ROW = 14

export const worstState = ({ rows }: ZoneLine): ConduitState =>
  CONDUIT_STATES.find((state) => rows.some(({ states }) => states[0] === state)) ?? 'flowing'

/** Badges that do not cover one another, the worst placed first; what finds no room stays in the list alone. */
export function lineBadges({ lines, width, height }: ZoneMap, chosen: ZoneLine | undefined, words: BadgeWords): LineBadge[] {
  const badges: LineBadge[] = []
  const isNamed = lines.length <= NAMED_LINES
  const order = lines.toReversed().toSorted((a, b) => Number(b === chosen) - Number(a === chosen))
  for (const line of order) {
    const state = worstState(line)
    const standing = standingOf({ states: [state] })
    const texts = line === chosen ? namesOf(line, words) : textOf(line, isNamed, standing === 0 ? undefined : words.states[state], words)
    if (texts.length === 0) continue
    const mark = standing === 0 ? 0 : 16
    const size = { width: Math.max(...texts.map(({ length }) => length)) * CHARACTER + 12 + mark, height: texts.length * ROW + 3 }
    const place = freePlace(line.middle, size, badges, { width, height })
    if (place) badges.push({ line, texts, standing, ...size, ...place })
  }
  return badges
}

const shorten = (text: string) => (text.length > 22 ? `${text.slice(0, 21)}…` : text)

function textOf({ rows }: ZoneLine, isNamed: boolean, state: string | undefined, words: BadgeWords): string[] {
  const [first] = rows
  const name = rows.length > 1 ? words.count(String(rows.length)) : isNamed ? shorten(first?.conduit?.name ?? '') : ''
  const text = [name, state ?? ''].filter((part) => part !== '').join(' · ')
  return text === '' ? [] : [text]
}

function namesOf({ rows }: ZoneLine, words: BadgeWords): string[] {
  const names = rows.slice(0, FANNED).map(({ conduit }) => shorten(conduit?.name ?? words.states.undeclared))
  return rows.length > FANNED ? [...names, words.more(String(rows.length - FANNED))] : names
}

interface Size {
  readonly width: number
  readonly height: number
}

function freePlace(
  [x, y]: readonly [number, number],
  size: Size,
  taken: readonly LineBadge[],
  all: Size,
): { x: number; y: number } | undefined {
  for (const [dx, dy] of [
    [0, 0],
    [0, -9],
    [0, 9],
    [-50, 0],
    [50, 0],
    [0, -20],
    [0, 20],
  ] as const) {
    const left = Math.min(Math.max(x - size.width / 2 + dx, 0), all.width - size.width)
    const top = Math.min(Math.max(y - size.height / 2 + dy, 0), all.height - size.height)
    const hits = taken.some(
      (one) => left < one.x + one.width && one.x < left + size.width && top < one.y + one.height && one.y < top + size.height,
    )
    if (!hits) return { x: left, y: top }
  }
  return undefined
}
