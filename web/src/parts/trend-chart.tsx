import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import type { Signal } from '../../../src/api/schemas.ts'
import { formatInstant, formatNumber, formatUnit } from '../format.ts'
import type { Band } from '../live/bands.ts'
import { shownRange, shownUnit } from '../live/shown.ts'
import { nearestPoint, type TrendColumns } from '../live/trend-columns.ts'
import { useLanguage } from '../words/index.ts'
import { LANE_PX, paintBands } from './band-paint.ts'
import { makePlot } from './plot.ts'
import { paintUnder } from './trend-paint.ts'

const HEIGHT = 280
/** Height of the axis of time. */
const AXIS = 32

interface TrendChartProps {
  signal: Signal
  /** How long the chart is, and what that is called. */
  seconds: number
  spanName: string
  columns: TrendColumns
  /** Changes whenever `columns` did. */
  version: number
  /** Right edge, in seconds; undefined: the last point. */
  end: number
  bands: readonly Band[]
  /** Names of the lanes, in their order from the top. */
  lanes: readonly { lane: string; title: string }[]
}

/**
 * One signal over time, in the unit people see. The canvas is for the eye; the line under it says the sample at the cursor, which arrows move. The
 * cursor is a time, not a place: it stays on its sample while the chart moves on under it, and when the chart is made anew.
 */
export function TrendChart({ signal, seconds, spanName, columns, version, end, bands, lanes }: TrendChartProps) {
  const { locale, words } = useLanguage()
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(null)
  const data = useRef(columns)
  data.current = columns
  const over = useRef({ bands, lanes })
  over.current = { bands, lanes }
  const [cursor, setCursor] = useState<number>()
  const at = cursor === undefined ? undefined : nearestPoint(columns, cursor)

  const laneCount = lanes.length
  useEffect(() => {
    const place = box.current
    if (!place) return
    const { plot, dispose } = makePlot({
      place,
      height: HEIGHT,
      options: (axis, inks) => ({
        scales: { x: { time: true }, y: { range: (_plot, low, high) => span(low, high, signal, laneCount) } },
        fmtDate: () => (date) => axisTime(date, locale, seconds),
        axes: [
          // Hours with their seconds are wider than what uPlot takes a tick to need.
          { ...axis, size: AXIS, space: 90 },
          { ...axis, size: 64, values: (_plot, ticks) => ticks.map((tick) => formatNumber(tick, locale)) },
        ],
        series: [
          {},
          {
            stroke: () => inks().line,
            width: 1.5,
            spanGaps: false,
            points: { show: (plot) => plot.data[0].length < 60, size: 4, fill: () => inks().line },
            // A reading holds until the next, as in all that is computed: a slope between them would be values that nobody measured.
            ...(uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
          },
        ],
        hooks: {
          drawClear: [(plot) => paintUnder(plot, { range: shownRange(signal), columns: () => data.current, inks })],
          draw: [(plot) => paintBands(plot, over.current, inks())],
        },
      }),
      data: [data.current.time, data.current.value],
      onCursor: setCursor,
    })
    chart.current = plot
    return dispose
  }, [signal, locale, seconds, laneCount])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the columns are filled in place; `version` says when
  useEffect(() => {
    const plot = chart.current
    if (!plot) return
    plot.batch(() => {
      plot.setData([columns.time, columns.value], false)
      plot.setScale('x', { min: end - seconds, max: end })
    })
    const left = at === undefined ? -10 : plot.valToPos(columns.time[at], 'x')
    plot.setCursor({ left, top: at === undefined ? -10 : HEIGHT / 2 })
  }, [columns, version, end, seconds, signal, locale, at, bands, lanes])

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -1e9, End: 1e9 }
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    // Before the samples are there, the key is kept for them: they are read from the end it leads to.
    if (columns.time.length === 0) setCursor(event.key === 'Home' ? 0 : Number.MAX_VALUE)
    else setCursor(columns.time[Math.max(0, Math.min(columns.time.length - 1, (at ?? columns.time.length) + step))])
  }
  const value = at === undefined ? null : columns.value[at]
  const number = (x: number) => `${formatNumber(x, locale, signal.decimals)} ${formatUnit(shownUnit(signal), locale)}`
  const severity = at === undefined ? undefined : (['Good', 'Uncertain', 'Bad'] as const)[columns.severity[at]]
  return (
    <figure className="trend">
      {/* a canvas that the arrow keys read point by point is an application of its own */}
      <div
        ref={box}
        className="trend-canvas"
        role="application"
        aria-label={words.signal.chart(signal.id, spanName)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the application role takes keys
        tabIndex={0}
        onKeyDown={onKeyDown}
      />
      <figcaption aria-live="polite" className="trend-reading">
        {at === undefined || !severity
          ? words.signal.cursorHint
          : `${formatInstant(new Date(columns.time[at] * 1000), locale)} · ${value === null ? words.value.none : number(value)} · ${words.status[severity]}`}
      </figcaption>
    </figure>
  )
}

/** The vertical span: the data, and the normal range where the data come near it. */
function span(low: number | null, high: number | null, signal: Signal, lanes: number): [number, number] {
  const [bottom, top] = dataSpan(low, high, signal)
  // The line stays below the lanes.
  const part = (lanes * LANE_PX) / (HEIGHT - AXIS)
  return [bottom, top + ((top - bottom) * part) / (1 - part)]
}

function dataSpan(low: number | null, high: number | null, signal: Signal): [number, number] {
  if (signal.dataType === 'boolean') return [-0.15, 1.15]
  const limits = shownRange(signal) ?? []
  const min = Math.min(low ?? Number.POSITIVE_INFINITY, ...limits)
  const max = Math.max(high ?? Number.NEGATIVE_INFINITY, ...limits)
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1]
  const room = max > min ? (max - min) * 0.08 : Math.abs(max) * 0.1 || 1
  return [min - room, max + room]
}

function axisTime(date: Date, locale: string, seconds: number): string {
  const tag = locale === 'fr' ? 'fr-FR' : 'en-GB'
  const clock = date.toLocaleTimeString(tag, { hour: '2-digit', minute: '2-digit', ...(seconds <= 300 ? { second: '2-digit' } : {}) })
  if (seconds <= 86_400) return clock
  return date.toLocaleDateString(tag, { day: '2-digit', month: '2-digit' })
}
