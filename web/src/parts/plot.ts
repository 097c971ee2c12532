import uPlot from 'uplot'
import { type Inks, readInks } from './trend-paint.ts'

export interface PlotParts {
  readonly place: HTMLElement
  readonly height: number
  /** What is special to the chart; inks are read when it draws, since the theme may change. */
  options(axis: uPlot.Axis, inks: () => Inks): Omit<uPlot.Options, 'width' | 'height' | 'legend' | 'cursor'>
  readonly data: uPlot.AlignedData
  /** Where the pointer is on the axis of time; undefined when it has left. */
  onCursor(at: number | undefined): void
}

/** A chart that keeps to the width of its place and to the theme, and tells where the pointer is. `dispose` takes all of it away. */
export function makePlot({ place, height, options, data, onCursor }: PlotParts): { plot: uPlot; dispose: () => void } {
  let inks = readInks()
  const axis = {
    stroke: () => inks.text,
    grid: { stroke: () => inks.grid, width: 1 },
    ticks: { stroke: () => inks.grid, width: 1 },
    font: inks.font,
  }
  const own = { width: place.clientWidth, height, legend: { show: false }, cursor: { y: false, drag: { x: false, y: false } } }
  const plot = new uPlot({ ...own, ...options(axis, () => inks) }, data, place)
  plot.over.addEventListener('pointermove', ({ clientX }) => onCursor(plot.posToVal(clientX - plot.over.getBoundingClientRect().left, 'x')))
  plot.over.addEventListener('pointerleave', () => onCursor(undefined))
  const resized = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }))
  resized.observe(place)
  const themed = new MutationObserver(() => {
    inks = readInks()
    plot.redraw()
  })
  themed.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  const dispose = () => {
    resized.disconnect()
    themed.disconnect()
    plot.destroy()
  }
  return { plot, dispose }
}
