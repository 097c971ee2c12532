import type { TrendColumns } from './trend-columns.ts'

/** Events whose trends are laid over each other at most. */
export const OVERLAYS = 10
/** What is shown before the start and after the end of each, as a share of the longest. */
const ROOM = 0.15
/** Seconds of room at least. */
const ROOM_FLOOR = 30

export interface Occurrence {
  readonly key: string
  readonly from: number
  readonly to: number
}

/** The window around each event: the same for all, wide enough for the longest. Seconds from the start. */
export function overlayWindow(events: readonly Occurrence[]): { before: number; after: number } {
  const longest = Math.max(1, ...events.map(({ from, to }) => to - from))
  const room = Math.max(ROOM_FLOOR, longest * ROOM)
  return { before: room, after: longest + room }
}

/** Trends on one axis of time since the start: every moment that any of them names, with null where a trend says nothing then. */
export function alignedColumns(trends: readonly { readonly from: number; readonly columns: Pick<TrendColumns, 'time' | 'value'> }[]): {
  time: number[]
  values: (number | null | undefined)[][]
} {
  const since = trends.map(({ from, columns }) => columns.time.map((time) => Math.round((time - from) * 1000) / 1000))
  const time = [...new Set(since.flat())].sort((a, b) => a - b)
  const place = new Map(time.map((moment, i) => [moment, i]))
  const values = trends.map(({ columns }, n) => {
    // Undefined is joined over by the line, null is a gap of the trend itself.
    const column = new Array<number | null | undefined>(time.length).fill(undefined)
    for (const [i, moment] of since[n].entries()) column[place.get(moment) as number] = columns.value[i]
    return column
  })
  return { time, values }
}

/** The value in force at a moment: the last one that is not later. Null: a gap, or nothing yet. */
export function valueAt(
  { time, values }: { time: readonly number[]; values: readonly (number | null | undefined)[] },
  at: number,
): number | null {
  for (let i = time.length - 1; i >= 0; i--) if (time[i] <= at && values[i] !== undefined) return values[i] ?? null
  return null
}
