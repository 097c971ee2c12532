import type uPlot from 'uplot'
import type { Band } from '../live/bands.ts'
import type { Inks } from './trend-paint.ts'

/** Height of one lane at the top of the chart. */
export const LANE_PX = 16

interface Lanes {
  readonly bands: readonly Band[]
  readonly lanes: readonly { lane: string; title: string }[]
}

/** Draws what lasted: a bar in the lane of its kind, and its begin and end through the whole chart. What is doubtful is hollow. */
export function paintBands(chart: uPlot, { bands, lanes }: Lanes, ink: Inks): void {
  if (lanes.length === 0) return
  const { ctx, bbox } = chart
  const ratio = devicePixelRatio
  const lane = LANE_PX * ratio
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.globalAlpha = 0.85
  ctx.fillStyle = ink.panel
  ctx.fillRect(bbox.left, bbox.top, bbox.width, lanes.length * lane)
  ctx.globalAlpha = 1
  for (const band of bands) {
    const row = lanes.findIndex((one) => one.lane === band.lane)
    const left = Math.max(bbox.left - ratio, chart.valToPos(band.from, 'x', true))
    const end = Number.isFinite(band.to) ? chart.valToPos(band.to, 'x', true) : bbox.left + bbox.width
    const right = Math.min(bbox.left + bbox.width + ratio, Math.max(left + 3 * ratio, end))
    if (row < 0 || right < bbox.left || left > bbox.left + bbox.width) continue
    const top = bbox.top + row * lane
    ctx.globalAlpha = 0.09
    ctx.fillStyle = ink.line
    ctx.fillRect(left, bbox.top + lanes.length * lane, right - left, bbox.height)
    ctx.globalAlpha = 1
    ctx.fillStyle = ink.limit
    ctx.strokeStyle = ink.limit
    ctx.lineWidth = ratio
    if (band.isDoubtful) ctx.strokeRect(left + ratio / 2, top + 3 * ratio, right - left - ratio, lane - 6 * ratio)
    else ctx.fillRect(left, top + 3 * ratio, right - left, lane - 6 * ratio)
    ctx.globalAlpha = 0.6
    ctx.fillRect(left, top + 3 * ratio, ratio, bbox.height)
    ctx.globalAlpha = 1
  }
  ctx.font = ink.font.replace(/^\d+px/, `${10 * ratio}px`)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.lineWidth = 3 * ratio
  ctx.lineJoin = 'round'
  for (const [row, { title }] of lanes.entries()) {
    const [x, y] = [bbox.left + 4 * ratio, bbox.top + (row + 0.5) * lane]
    ctx.strokeStyle = ink.panel
    ctx.strokeText(title, x, y)
    ctx.fillStyle = ink.text
    ctx.fillText(title, x, y)
  }
  ctx.restore()
}
