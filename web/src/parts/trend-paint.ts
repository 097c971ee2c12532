import type uPlot from 'uplot'
import { runsOf, type TrendColumns } from '../live/trend-columns.ts'

/** Colours of the chart, read from the tokens of the theme: the canvas knows no CSS. */
export interface Inks {
  readonly line: string
  readonly text: string
  readonly grid: string
  readonly band: string
  readonly limit: string
  readonly hatch: string
  readonly panel: string
  readonly alarm: string
  readonly font: string
}

export function readInks(): Inks {
  const style = getComputedStyle(document.documentElement)
  const ink = (name: string) => style.getPropertyValue(name).trim()
  return {
    line: ink('--ink'),
    text: ink('--soft'),
    grid: ink('--line'),
    band: ink('--band'),
    limit: ink('--line-strong'),
    hatch: ink('--soft'),
    panel: ink('--panel'),
    alarm: ink('--alarm-1'),
    font: `12px ${ink('--font')}`,
  }
}

interface Paint {
  readonly range: readonly [number, number] | undefined
  columns(): TrendColumns
  inks(): Inks
}

/** Draws, under the line: the normal range, hatched Uncertain stretches, blank and marked Bad ones, and the envelope. */
export function paintUnder(chart: uPlot, { range, columns, inks }: Paint): void {
  const { ctx, bbox } = chart
  const ink = inks()
  const data = columns()
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  if (range) {
    const top = chart.valToPos(range[1], 'y', true)
    const bottom = chart.valToPos(range[0], 'y', true)
    ctx.fillStyle = ink.band
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top)
    ctx.fillStyle = ink.limit
    for (const y of [top, bottom]) ctx.fillRect(bbox.left, Math.round(y), bbox.width, 1)
  }
  const end = chart.scales.x.max ?? data.time.at(-1) ?? 0
  for (const run of runsOf(data, end)) {
    const left = Math.max(bbox.left, chart.valToPos(run.from, 'x', true))
    const right = Math.min(bbox.left + bbox.width, Math.max(left + 2, chart.valToPos(run.to, 'x', true)))
    if (right < bbox.left || left > bbox.left + bbox.width) continue
    if (run.severity === 1) hatch(ctx, left, bbox.top, right - left, bbox.height, ink)
    else {
      ctx.fillStyle = ink.panel
      ctx.fillRect(left, bbox.top, right - left, bbox.height)
      ctx.fillStyle = ink.alarm
      ctx.fillRect(left, bbox.top, right - left, 5 * devicePixelRatio)
      ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height)
    }
  }
  if (data.minimum !== data.value) envelope(chart, data, ink)
  ctx.restore()
}

const HATCH_PX = 7

function hatch(ctx: CanvasRenderingContext2D, left: number, top: number, width: number, height: number, ink: Inks): void {
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, width, height)
  ctx.clip()
  ctx.strokeStyle = ink.hatch
  ctx.globalAlpha = 0.45
  ctx.lineWidth = devicePixelRatio
  ctx.beginPath()
  const step = HATCH_PX * devicePixelRatio
  // Lines start on a fixed grid, so that stretches side by side match.
  for (let x = Math.floor((left - height) / step) * step; x < left + width; x += step) {
    ctx.moveTo(x, top + height)
    ctx.lineTo(x + height, top)
  }
  ctx.stroke()
  ctx.restore()
}

function envelope(chart: uPlot, { time, minimum, maximum }: TrendColumns, ink: Inks): void {
  const { ctx } = chart
  ctx.fillStyle = ink.line
  ctx.globalAlpha = 0.25
  for (let start = 0; start < time.length; start++) {
    if (minimum[start] === null) continue
    let end = start
    while (end + 1 < time.length && minimum[end + 1] !== null) end++
    ctx.beginPath()
    for (let i = start; i <= end; i++) ctx.lineTo(chart.valToPos(time[i], 'x', true), chart.valToPos(maximum[i] ?? 0, 'y', true))
    for (let i = end; i >= start; i--) ctx.lineTo(chart.valToPos(time[i], 'x', true), chart.valToPos(minimum[i] ?? 0, 'y', true))
    ctx.fill()
    start = end
  }
  ctx.globalAlpha = 1
}
