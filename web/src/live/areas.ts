import type { Branch } from './branches.ts'
import { type Level, rank } from './judge.ts'
import type { Plant } from './plant.ts'

/** Rows of one tile, abnormal signals first. */
const ROWS = 5
/** Rows of a tile where all is well: what is closest to its limit. */
const CALM_ROWS = 2

/** One equipment area as the overview shows it. */
export interface AreaView {
  readonly branch: Branch
  /** Signals to show, worst first. */
  readonly rows: readonly number[]
  /** Signals that are not Good. */
  readonly abnormal: number
  /** Part of the signals whose connection is heard in time. */
  readonly freshPart: number
  /** Level of the worst signal. */
  readonly level: Level
  /** Sorts tiles: smaller is worse. */
  readonly order: number
}

export interface Area {
  readonly branch: Branch
  readonly members: readonly number[]
}

/** All signals at and below a branch. */
export const membersOf = (branch: Branch): number[] => [...branch.signals, ...branch.children.flatMap(membersOf)]

export function viewArea({ branch, members }: Area, plant: Plant, liveConnections: ReadonlySet<string>): AreaView {
  const ranked = rank(members, (index) => [plant.signals[index], plant.sample(index)], ROWS)
  const level = ranked[0]?.level ?? 6
  const wanting = ranked.filter(({ level }) => level < 6)
  const [, uncertain, bad, waiting] = branch.counts
  const abnormal = uncertain + bad + waiting
  const fresh = members.filter((index) => plant.sample(index) && liveConnections.has(plant.signals[index].connection)).length
  return {
    branch,
    rows: (wanting.length > 0 ? wanting : ranked.slice(0, CALM_ROWS)).map(({ index }) => index),
    abnormal,
    freshPart: members.length === 0 ? 1 : fresh / members.length,
    level,
    order: level * 1e7 - Math.min(abnormal, 999_999),
  }
}

/** Worst first; equals by path, so that tiles stay where they are. */
export const worseArea = (a: AreaView, b: AreaView): number => a.order - b.order || (a.branch.path < b.branch.path ? -1 : 1)
