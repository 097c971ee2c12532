import type { RecordView } from '../../../src/api/schemas.ts'

/** One version in the plane of two times: across when it holds, upwards from when it was known. Shares of the drawing from 0 to 1; y counts from the bottom. */
export interface Box {
  readonly revision: number
  readonly x0: number
  readonly x1: number
  readonly y0: number
  readonly y1: number
  /** It holds since ever, or for ever, as far as is known. */
  readonly isOpenLeft: boolean
  readonly isOpenRight: boolean
  readonly isDeleted: boolean
  /** What is known now. */
  readonly isCurrent: boolean
}

export interface Plane {
  readonly fromMs: number
  readonly toMs: number
  readonly boxes: readonly Box[]
}

/** Room beside the earliest and latest time that is named, as a share of what lies between. */
const ROOM = 0.08
/** What is drawn where nothing names a time. */
const DEFAULT_MS = 3_600_000

/** The span of time that versions of one record name, with room at both ends. */
export function validSpan(versions: readonly RecordView[], nowMs: number): { fromMs: number; toMs: number } {
  const named = versions.flatMap(({ validFrom, validTo }) => [validFrom, validTo].filter((time) => time !== null).map(Date.parse))
  const [low, high] = named.length === 0 ? [nowMs, nowMs] : [Math.min(...named), Math.max(...named)]
  const room = Math.max((high - low) * ROOM, high === low ? DEFAULT_MS : 0)
  return { fromMs: low - room, toMs: high + room }
}

/**
 * Versions of one source, oldest first, over a span. The axis of knowledge has one step per version, in their order: what came within seconds and
 * what came after days can both be read.
 */
export function planeOf(versions: readonly RecordView[], { fromMs, toMs }: { fromMs: number; toMs: number }): Plane {
  const place = (ms: number) => Math.max(0, Math.min(1, (ms - fromMs) / (toMs - fromMs)))
  const boxes = versions.map(({ revision, validFrom, validTo, isDeleted }, i) => ({
    ...{ revision, isDeleted, isCurrent: i === versions.length - 1 },
    x0: validFrom === null ? 0 : place(Date.parse(validFrom)),
    x1: validTo === null ? 1 : place(Date.parse(validTo)),
    y0: i / versions.length,
    y1: (i + 1) / versions.length,
    isOpenLeft: validFrom === null,
    isOpenRight: validTo === null,
  }))
  return { fromMs, toMs, boxes }
}
