import { useMemo } from 'react'
import type { PolicyAnswer } from '../../../src/api/schemas.ts'
import { formatNumber, labelOf } from '../format.ts'
import { type LineBadge, lineBadges, worstState } from '../live/zone-badges.ts'
import { type ZoneLine, zoneMap } from '../live/zone-map.ts'
import { type ConduitRow, NO_ZONE, standingOf } from '../live/zone-rows.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'

/** Lines of a chosen pair that are drawn side by side. */
const FANNED = 8
const FAN_STEP = 5

interface ZoneDrawingProps {
  readonly zones: PolicyAnswer['zones']
  readonly rows: readonly ConduitRow[]
  /** The others are drawn faintly. */
  readonly shown: ReadonlySet<ConduitRow>
  /** The pair of zones whose conduits are drawn one by one. */
  readonly from: string
  readonly to: string
}

/** For the eye alone: the list beside it says the same in words, and what a click chooses here is chosen there by key. */
export function ZoneDrawing({ zones, rows, shown, from, to }: ZoneDrawingProps) {
  const { locale, words } = useLanguage()
  const text = words.zones
  const map = useMemo(() => zoneMap(zones, rows), [zones, rows])
  const chosen =
    map.lines.find((line) => line.from === from && line.to === to && line.isDeclared) ??
    map.lines.find((line) => line.from === from && line.to === to)
  const labels = new Map(zones.map(({ name, label }) => [name, labelOf(label, locale)]))
  const isFaint = (line: ZoneLine) => !line.rows.some((row) => shown.has(row))
  const badges = useMemo(
    () => lineBadges(map, ({ rows: own }) => own.some((row) => shown.has(row)), to === '' ? undefined : chosen, text),
    [map, shown, to, chosen, text],
  )
  const levelText = (level: number | undefined) =>
    level === undefined ? text.outside : `${text.level(formatNumber(level, locale))}${level === 3.5 ? ` · ${text.dmz}` : ''}`
  return (
    <svg className="zone-map" viewBox={`0 0 ${map.width} ${map.height}`} aria-hidden="true">
      {map.bands.map(({ level, y, height }, i) => (
        <g key={level ?? NO_ZONE}>
          <rect className={i % 2 === 0 ? 'zone-band' : 'zone-band zone-band-odd'} x="0" y={y} width={map.width} height={height} />
          <text className="zone-level" x="8" y={y + Math.min(height / 2 + 4, 34)}>
            {levelText(level)}
          </text>
        </g>
      ))}
      {map.lines.map((line) => (
        <Line
          key={`${line.from} ${line.to} ${line.isDeclared}`}
          line={line}
          isChosen={to !== '' && line === chosen}
          isFaint={isFaint(line)}
        />
      ))}
      {map.boxes.map(({ name, x, y, width, height }) => {
        const label = labels.get(name)
        const title = name === NO_ZONE ? text.outside : (label ?? name)
        return (
          <a
            key={name}
            href={hrefTo('zones', { zone: name })}
            tabIndex={-1}
            className={name === NO_ZONE ? 'zone-box zone-box-outside' : 'zone-box'}
          >
            <title>{title}</title>
            <rect x={x} y={y} width={width} height={height} rx="3" />
            <text x={x + width / 2} y={y + (label ? 17 : 24)} className="zone-name">
              {shorten(title, width)}
            </text>
            {label && (
              <text x={x + width / 2} y={y + 31} className="zone-id">
                {shorten(name, width)}
              </text>
            )}
          </a>
        )
      })}
      {badges.map((badge) => (
        <Badge key={`${badge.line.from} ${badge.line.to} ${badge.line.isDeclared}`} badge={badge} />
      ))}
    </svg>
  )
}

/** Of bold letters, so that none touches the border. */
const LETTER = 7.2

function shorten(text: string, width: number): string {
  const most = Math.floor(width / LETTER) - 1
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

function lookOf(rows: readonly ConduitRow[], isDeclared: boolean): string {
  const standing = Math.max(...rows.map(standingOf))
  const isSilent = rows.every(({ states }) => states.includes('silent'))
  return ['zone-line', isDeclared ? '' : 'zone-undeclared', isSilent ? 'zone-silent' : '', standing > 0 ? `zone-standing-${standing}` : '']
    .filter((part) => part !== '')
    .join(' ')
}

function Line({ line, isChosen, isFaint }: { line: ZoneLine; isChosen: boolean; isFaint: boolean }) {
  const { rows, path, start, end, isDeclared } = line
  const fan = isChosen ? rows.slice(0, FANNED) : []
  const [first] = rows
  const dials = new Set(rows.map(({ direction }) => (direction === 'pull' ? 'end' : 'start')))
  const isOneWay = rows.some(({ direction }) => direction === 'one-way')
  const out = ({ y, isUp }: ZoneLine['start'], by: number) => y + (isUp ? -by : by)
  const tip = out(end, 8)
  return (
    <a
      href={hrefTo('zones', { zone: line.from, to: line.to })}
      tabIndex={-1}
      className={`${lookOf(rows, isDeclared)}${isFaint ? ' zone-faint' : ''}`}
    >
      <title>{`${line.from} → ${line.to}: ${rows.map(({ conduit }) => conduit?.name ?? '?').join(', ')}`}</title>
      {fan.length > 1 ? (
        fan.map((row, i) => (
          <path
            key={row.conduit?.name}
            className={lookOf([row], isDeclared)}
            d={path}
            transform={`translate(${(i - (fan.length - 1) / 2) * FAN_STEP} 0)`}
          />
        ))
      ) : (
        <path d={path} />
      )}
      <path className="zone-hit" d={path} />
      <path className="zone-tip" d={`M${end.x} ${end.y}L${end.x - 4.5} ${tip}H${end.x + 4.5}Z`} />
      {dials.has('start') && <circle className="zone-dial" cx={start.x} cy={out(start, 4)} r="3.5" />}
      {dials.has('end') && <circle className="zone-dial" cx={end.x} cy={out(end, 12)} r="3.5" />}
      {isOneWay && first && <path className="zone-bar" d={`M${start.x - 6} ${out(start, 11)}h12`} />}
    </a>
  )
}

function Badge({ badge: { line, texts, x, y, width, height, standing } }: { badge: LineBadge }) {
  const mark = standing === 0 ? 0 : 14
  return (
    <a href={hrefTo('zones', { zone: line.from, to: line.to })} tabIndex={-1} className="zone-badge" data-state={worstState(line)}>
      <rect x={x} y={y} width={width} height={height} rx="3" />
      {standing === 2 && <path className="zone-mark-2" d={`M${x + 4} ${y + 4}h9v9h-9zm2 2 5 5m0-5-5 5`} />}
      {standing === 1 && <path className="zone-mark-1" d={`M${x + 8.5} ${y + 3.5}l5 9.5h-10zm0 3.5v3`} />}
      {texts.map((text, i) => (
        <text key={text} x={x + 6 + mark} y={y + 12 + i * 14}>
          {text}
        </text>
      ))}
    </a>
  )
}
