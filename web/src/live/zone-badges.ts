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
  found(count: string, total: string): string
}

/** Up to so many lines single conduits are named in the drawing; above, the list names them. */
const NAMED_LINES = 24
/** Names of a chosen line. */
const FANNED = 8
const CHARACTER = 6
const ROW = 14

export const worstState = ({ rows }: ZoneLine): ConduitState =>
  CONDUIT_STATES.find((state) => rows.some(({ states }) => states[0] === state)) ?? 'flowing'

/** Badges that cover neither one another nor a zone, the worst placed first; what finds no room stays in the list alone. */
export function lineBadges(
  { lines, boxes, width, height }: ZoneMap,
  isShown: (line: ZoneLine) => boolean,
  chosen: ZoneLine | undefined,
  words: BadgeWords,
): LineBadge[] {
  const badges: LineBadge[] = []
  const isNamed = lines.length <= NAMED_LINES
  const order = lines
    .filter(isShown)
    .toReversed()
    .toSorted((a, b) => Number(b === chosen) - Number(a === chosen))
  for (const line of order) {
    const state = worstState(line)
    const standing = standingOf({ states: [state] })
    const texts = line === chosen ? namesOf(line, words) : textOf(line, isNamed, state, words)
    if (texts.length === 0) continue
    const mark = standing === 0 ? 0 : 16
    const size = { width: Math.max(...texts.map(({ length }) => length)) * CHARACTER + 12 + mark, height: texts.length * ROW + 3 }
    // What is chosen or abnormal is shown whatever it covers.
    const place = freePlace(line.middle, size, [...badges, ...boxes], { width, height }, line === chosen || standing === 2)
    if (place) badges.push({ line, texts, standing, ...size, ...place })
  }
  return badges
}

const shorten = (text: string) => (text.length > 22 ? `${text.slice(0, 21)}…` : text)

function textOf({ rows }: ZoneLine, isNamed: boolean, state: ConduitState, words: BadgeWords): string[] {
  const [total, bad] = [rows.length, rows.filter(({ states }) => states.includes(state)).length]
  const isAbnormal = standingOf({ states: [state] }) > 0
  const count = isNamed ? words.count(String(total)) : String(total)
  const name = shorten(rows[0]?.conduit?.name ?? '')
  const one = total > 1 ? (isAbnormal ? words.found(String(bad), String(total)) : count) : isNamed ? name : ''
  const text = [one, isAbnormal ? words.states[state] : ''].filter((part) => part !== '').join(' · ')
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

interface Rectangle extends Size {
  readonly x: number
  readonly y: number
}

const SHIFTS = [0, -10, 10, -20, 20, -34, 34].flatMap((dy) => [0, -30, 30, -70, 70].map((dx) => [dx, dy] as const))

function freePlace(
  [x, y]: readonly [number, number],
  size: Size,
  taken: readonly Rectangle[],
  all: Size,
  isNeeded: boolean,
): { x: number; y: number } | undefined {
  const places = SHIFTS.map(([dx, dy]) => ({
    x: Math.min(Math.max(x - size.width / 2 + dx, 0), all.width - size.width),
    y: Math.min(Math.max(y - size.height / 2 + dy, 0), all.height - size.height),
  }))
  const isFree = (place: { x: number; y: number }) => !taken.some((one) => overlaps({ ...place, ...size }, one))
  return places.find(isFree) ?? (isNeeded ? places[0] : undefined)
}

const overlaps = (a: Rectangle, b: Rectangle): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
