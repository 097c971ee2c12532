import type { Connection } from '../../../src/api/schemas.ts'
import { formatNumber, formatOffset } from '../format.ts'
import { useLanguage } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

/** The device's clock against ours: plain while within its limit, marked as its samples are when beyond. */
export function ClockFigure({ connection }: { connection: Connection }) {
  const { locale, words } = useLanguage()
  const text = words.connections
  const { clock, clockMethod } = connection
  if (!clock) {
    return (
      <div className="clock">
        <dt>{text.clock}</dt>
        <dd>
          —<small className="soft">{clockMethod ? text.clockWaiting : text.clockNotMeasurable}</small>
        </dd>
      </div>
    )
  }
  const drift = clock.driftPpm === undefined ? '' : ` · ${text.clockDrift} ${formatNumber(clock.driftPpm, locale, 1)} ppm`
  return (
    <div className="clock" data-beyond={clock.beyondLimit || undefined}>
      <dt>{text.clock}</dt>
      <dd>
        {clock.beyondLimit && <Mark of={1} />} {formatOffset(clock.offsetUs, clock.uncertaintyUs, locale)}
        {clock.beyondLimit && <small>{text.clockBeyond(`${formatNumber(clock.maxOffsetUs / 1e6, locale)} s`)}</small>}
        {clock.finding === 'local-time' && <small>{text.clockLocal(clock.findingDetail ?? '')}</small>}
        <small className="soft">
          {text.clockMethods[clock.method]}
          {drift}
        </small>
      </dd>
    </div>
  )
}
