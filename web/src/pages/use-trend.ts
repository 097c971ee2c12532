import { useEffect, useMemo, useRef, useState } from 'react'
import type { Signal } from '../../../src/api/schemas.ts'
import { readTrend } from '../api.ts'
import { appendLive, columnsOf, type TrendColumns, type Window } from '../live/trend-columns.ts'
import { useLive } from '../live/use-live.ts'

/** Points asked for: about one per pixel of a wide chart. */
const POINTS = 1_200
/** The trend is read again this many times per period, so that live points are bucketed again; not more often than the floor. */
const READS_PER_PERIOD = 60
const READ_FLOOR_MS = 10_000
/** Live points are added only where single samples can be seen. */
const LIVE_LONGEST_S = 3_600

export interface TrendView {
  readonly columns: TrendColumns
  readonly version: number
  /** Right edge in seconds of the node's clock. */
  readonly end: number
  readonly bucketed: boolean
  readonly problem: string | undefined
  readonly loading: boolean
}

const NOTHING: TrendColumns = { time: [], value: [], severity: [], minimum: [], maximum: [] }

/** The trend of one signal, read again and again while `follow`, with live samples in between; of a fixed window, once. */
export function useTrend(signal: Signal, index: number, { seconds, endMs }: Window, follow: boolean): TrendView {
  const { id, display } = signal
  // Signals are new objects after each reading of the list; the scale rarely is another.
  const { factor, offset } = display ?? {}
  const scale = useMemo(() => (factor === undefined || offset === undefined ? {} : { display: { factor, offset } }), [factor, offset])
  const { plant, stream } = useLive()
  const [view, setView] = useState<TrendView>({ columns: NOTHING, version: 0, end: 0, bucketed: false, problem: undefined, loading: true })
  const columns = useRef(NOTHING)

  useEffect(() => {
    let gone = false
    const nowMs = () => Date.now() + stream.state().offsetMs
    const read = async () => {
      const to = new Date(endMs ?? nowMs())
      const answer = await readTrend(id, new Date(to.getTime() - seconds * 1000), to, POINTS)
      if (gone) return
      if (answer.ok) columns.current = columnsOf(answer.data, scale)
      setView((before) => ({
        columns: answer.ok ? columns.current : before.columns,
        version: before.version + 1,
        end: to.getTime() / 1000,
        bucketed: answer.ok ? answer.data.bucketed : before.bucketed,
        problem: answer.ok ? undefined : answer.problem.message,
        loading: false,
      }))
    }
    void read()
    if (!follow || endMs !== undefined) return () => void (gone = true)
    const again = setInterval(() => void read(), Math.max(READ_FLOOR_MS, (seconds * 1000) / READS_PER_PERIOD))
    const stopLive = plant.onSignal(index, () => {
      const sample = plant.sample(index)
      if (!sample || seconds > LIVE_LONGEST_S || columns.current === NOTHING) return
      if (appendLive(columns.current, sample, scale)) setView((before) => ({ ...before, version: before.version + 1, end: nowMs() / 1000 }))
    })
    return () => {
      gone = true
      clearInterval(again)
      stopLive()
    }
  }, [id, index, seconds, endMs, follow, plant, stream, scale])
  return view
}
