import type { PolicyAnswer } from '../../../src/api/schemas.ts'
import { type ConduitRow, NO_ZONE, standingOf } from './zone-rows.ts'

/** Places of zones and conduits in the drawing, in its own units. The same rows give the same drawing. */
export interface ZoneMap {
  readonly width: number
  readonly height: number
  /** From the highest level to the lowest; undefined: outside of every zone. */
  readonly bands: readonly { readonly level: number | undefined; readonly y: number; readonly height: number }[]
  readonly boxes: readonly ZoneBox[]
  readonly lines: readonly ZoneLine[]
}

export interface ZoneBox {
  readonly name: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** All conduits from a zone to a zone as one line; what nobody declared is a line of its own. */
export interface ZoneLine {
  readonly from: string
  readonly to: string
  readonly rows: readonly ConduitRow[]
  readonly isDeclared: boolean
  readonly path: string
  /** Where data leaves and arrives; `up`: the line goes up from there. */
  readonly start: LineEnd
  readonly end: LineEnd
  readonly middle: readonly [number, number]
}
interface LineEnd {
  readonly x: number
  readonly y: number
  readonly isUp: boolean
}

const LEVELS = [5, 4.5, 4, 3.5, 3, 2.5, 2, 1.5, 1, 0.5, 0]
/** Bands that are drawn though nothing is in them. */
const USUAL = new Set([5, 4, 3.5, 3, 2, 1, 0])
const WIDTH = 1000
const LEFT = 92
const COLUMNS = 6
/** As wide as the columns leave room for, up to what a long name takes. */
const BOX = { width: 200, height: 40 }
/** Between two columns, for lines that go past rows. */
const GAP = 19
/** Between two rows of boxes, where lines turn. */
const GUTTER = 46
const EMPTY = 20
/** Lines side by side in the gap between two columns. */
const LANES = 5

interface Placed extends ZoneBox {
  readonly column: number
  /** Rows of boxes from the top, over all bands. */
  readonly row: number
}

export function zoneMap(zones: PolicyAnswer['zones'], rows: readonly ConduitRow[]): ZoneMap {
  const grouped = [
    ...Map.groupBy(rows, (row) => JSON.stringify([row.from ?? NO_ZONE, row.to ?? NO_ZONE, row.conduit !== undefined])).values(),
  ]
  const ends = grouped.map(([first]) => [first?.from ?? NO_ZONE, first?.to ?? NO_ZONE] as const)
  const { bands, placed, height } = place(zones, ends)
  const boxes = new Map(placed.map((box) => [box.name, box]))
  const known = grouped.flatMap((group, i) => {
    const [from, to] = ends[i] as readonly [string, string]
    const [a, b] = [boxes.get(from), boxes.get(to)]
    return a && b && a !== b ? [{ from, to, rows: group, a, b }] : []
  })
  const ports = portsOf(known)
  const lanes = new Map<number, number>()
  const lines = known.map(({ from, to, rows, a, b }, i): ZoneLine => {
    const [start, end] = [ports.get(`${i} from`) as LineEnd, ports.get(`${i} to`) as LineEnd]
    return { from, to, rows, isDeclared: rows[0]?.conduit !== undefined, start, end, ...route(start, end, a, b, lanes) }
  })
  // Abnormal lines last: they lie on top.
  const worst = (line: ZoneLine) => Math.max(...line.rows.map((row) => standingOf(row)))
  return { width: WIDTH, height, bands, boxes: placed, lines: lines.toSorted((x, y) => worst(x) - worst(y)) }
}

/** Bands by level, each with as many rows of boxes as it needs; a zone stands as near as it can to those above it that it is joined with. */
function place(zones: PolicyAnswer['zones'], ends: readonly (readonly [string, string])[]) {
  const bands: ZoneMap['bands'][number][] = []
  const placed: Placed[] = []
  const columnOf = new Map<string, number>()
  const usual = LEVELS.filter((level) => USUAL.has(level) || zones.some((zone) => zone.level === level))
  const isOutside = ends.some((pair) => pair.includes(NO_ZONE))
  const most = Math.max(1, ...usual.map((level) => zones.filter((zone) => zone.level === level).length))
  const columns = Math.min(COLUMNS, most)
  const pitch = (WIDTH - LEFT) / columns
  const width = Math.min(BOX.width, pitch - GAP)
  let [y, row] = [0, 0]
  for (const level of [...(isOutside ? [undefined] : []), ...usual]) {
    const names = level === undefined ? [NO_ZONE] : zones.filter((zone) => zone.level === level).map(({ name }) => name)
    const wish = (name: string) => {
      const near = ends
        .flatMap(([a, b]) => (a === name ? [columnOf.get(b)] : b === name ? [columnOf.get(a)] : []))
        .filter((at) => at !== undefined)
      return near.length === 0 ? (columns - 1) / 2 : near.reduce((sum, at) => sum + at, 0) / near.length
    }
    const ordered = names.toSorted((a, b) => wish(a) - wish(b) || a.localeCompare(b))
    const count = Math.ceil(ordered.length / columns)
    const height = count === 0 ? EMPTY : count * (BOX.height + GUTTER)
    bands.push({ level, y, height })
    for (let i = 0; i < count; i++) {
      const some = ordered.slice(i * columns, (i + 1) * columns)
      const first = Math.floor((columns - some.length) / 2)
      for (const [j, name] of some.entries()) {
        const column = first + j
        columnOf.set(name, column)
        const x = LEFT + column * pitch + (pitch - width) / 2
        placed.push({ width, height: BOX.height, name, column, row, x, y: y + GUTTER / 2 + i * (BOX.height + GUTTER) })
      }
      row++
    }
    y += height
  }
  return { bands, placed, height: y }
}

interface Joined {
  readonly a: Placed
  readonly b: Placed
}

/** Ends spread along the sides of the boxes, in the order of what they lead to, so that few lines cross near a box. */
function portsOf(lines: readonly Joined[]): Map<string, LineEnd> {
  const ends = lines.flatMap(({ a, b }, i) => {
    // In one row both ends leave downwards.
    return [
      { key: `${i} from`, box: a, isUp: b.row < a.row, towards: b.x, other: i },
      { key: `${i} to`, box: b, isUp: a.row < b.row, towards: a.x, other: i },
    ]
  })
  const ports = new Map<string, LineEnd>()
  for (const group of Map.groupBy(ends, ({ box, isUp }) => `${box.name} ${isUp}`).values())
    for (const [i, { key, box, isUp }] of group.toSorted((p, q) => p.towards - q.towards || p.other - q.other).entries())
      ports.set(key, { x: Math.round(box.x + (box.width * (i + 1)) / (group.length + 1)), y: isUp ? box.y : box.y + box.height, isUp })
  return ports
}

/** Next rows are joined by a curve; over other rows the line goes through a gap between columns, never behind a box. */
function route(start: LineEnd, end: LineEnd, a: Placed, b: Placed, lanes: Map<number, number>): Pick<ZoneLine, 'path' | 'middle'> {
  const out = ({ y, isUp }: LineEnd, by: number) => y + (isUp ? -by : by)
  if (Math.abs(a.row - b.row) <= 1) {
    const bend = a.row === b.row ? GUTTER * 0.6 : GUTTER * 0.55
    const [y1, y2] = [out(start, bend), out(end, bend)]
    return {
      path: `M${start.x} ${start.y}C${start.x} ${y1} ${end.x} ${y2} ${end.x} ${end.y}`,
      middle: [(start.x + end.x) / 2, (start.y + 3 * y1 + 3 * y2 + end.y) / 8],
    }
  }
  const pitch = Math.abs(b.column - a.column)
  const towards = a.column <= b.column ? 1 : -1
  // The gap beside the first box, on the side of the other one; of two in one column, the right one.
  const gap = pitch === 0 ? Math.min(a.x, b.x) + a.width : towards === 1 ? a.x + a.width : a.x
  const width = 18
  const lane = lanes.get(gap) ?? 0
  lanes.set(gap, lane + 1)
  const offset = 6 + ((lane % LANES) * (width - 6)) / LANES
  const x = Math.round(gap + (pitch === 0 || towards === 1 ? offset : -offset))
  const [y1, y2] = [out(start, GUTTER / 2), out(end, GUTTER / 2)]
  const [from, to] = [out(start, GUTTER), out(end, GUTTER)]
  return {
    path: `M${start.x} ${start.y}C${start.x} ${y1} ${x} ${y1} ${x} ${from}L${x} ${to}C${x} ${y2} ${end.x} ${y2} ${end.x} ${end.y}`,
    middle: [x, (from + to) / 2],
  }
}
