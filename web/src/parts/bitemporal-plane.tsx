import type { RecordView } from '../../../src/api/schemas.ts'
import { formatDate, formatDay, formatHour } from '../format.ts'
import type { Plane } from '../live/bitemporal.ts'
import { useLanguage } from '../words/index.ts'

const WIDTH = 460
const LEFT = 112
const BOTTOM = 34
const TOP = 8
/** Height of one version, and the most that all of them take. */
const STEP = 30
const MOST = 420
const DAY_MS = 86_400_000

interface BitemporalPlaneProps {
  readonly plane: Plane
  readonly versions: readonly RecordView[]
  readonly pointed: number | undefined
}

/** When each version holds, across; from when it was known, upwards, one step per version. The list beside it says the same in words. */
export function BitemporalPlane({ plane: { fromMs, toMs, boxes }, versions, pointed }: BitemporalPlaneProps) {
  const { locale, words } = useLanguage()
  const text = words.records
  const depth = Math.min(MOST, Math.max(2, boxes.length) * STEP)
  const height = TOP + depth + BOTTOM
  const x = (share: number) => LEFT + share * (WIDTH - LEFT - 8)
  const y = (share: number) => TOP + depth * (1 - share)
  const everyLabel = Math.ceil(boxes.length / (MOST / STEP))
  const ticks = [0.08, 0.5, 0.92].map((share) => ({ share, time: new Date(fromMs + share * (toMs - fromMs)) }))
  // Within one day the hours are enough; the day then stands with the name of the axis.
  const isShort = toMs - fromMs < DAY_MS
  const day = isShort ? ` · ${formatDay(new Date(fromMs), locale)}` : ''
  return (
    <svg className="plane" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={text.plane(String(boxes.length))}>
      <path className="plane-axis" d={`M${LEFT} ${TOP}V${TOP + depth}H${WIDTH - 8}`} />
      {ticks.map(({ share, time }) => (
        <g key={share}>
          <path className="plane-tick" d={`M${x(share)} ${TOP + depth}v4`} />
          <text x={x(share)} y={TOP + depth + 15} textAnchor={share < 0.3 ? 'start' : share > 0.7 ? 'end' : 'middle'}>
            {(isShort ? formatHour : formatDay)(time, locale)}
          </text>
        </g>
      ))}
      <text className="plane-name" x={x(0.5)} y={height - 4} textAnchor="middle">
        {`${text.axisValid}${day} →`}
      </text>
      {boxes.map((box, i) => {
        const [left, right] = [x(box.x0), Math.max(x(box.x0) + 2, x(box.x1))]
        const [top, bottom] = [y(box.y1), y(box.y0)]
        const kind = `plane-box${box.isCurrent ? ' plane-current' : ''}${box.isDeleted ? ' plane-deleted' : ''}${pointed === box.revision ? ' plane-pointed' : ''}`
        return (
          <g key={box.revision}>
            <rect className={kind} x={left} y={top + 2} width={right - left} height={bottom - top - 4} />
            {box.isOpenRight && <path className="plane-open" d={`M${right - 7} ${(top + bottom) / 2 - 4}l6 4-6 4`} />}
            {box.isOpenLeft && <path className="plane-open" d={`M${left + 7} ${(top + bottom) / 2 - 4}l-6 4 6 4`} />}
            {i % everyLabel === 0 && (
              <text x={LEFT - 6} y={(top + bottom) / 2 + 4} textAnchor="end">
                {formatDate(new Date(versions[i].knownTime), locale)}
              </text>
            )}
            {box.isDeleted && (
              <text x={left + 10} y={(top + bottom) / 2 + 4}>
                {text.deleted}
              </text>
            )}
          </g>
        )
      })}
      <text className="plane-name" x={4} y={height - 4}>
        ↑ {text.axisKnown}
      </text>
    </svg>
  )
}
