import type { OwnNode } from '../../../src/api/schemas.ts'
import { formatBytes, formatNumber, formatSpan } from '../format.ts'
import { useLanguage, type Words } from '../words/index.ts'
import { Figure } from './figure.tsx'
import { Mark } from './status-mark.tsx'

/** Part of the room from which it is shown as abnormal. */
const FULL = 0.8

/** How much waits in the spool, in bytes and in time, and how long this node works alone. */
export function SpoolPanel({ self: { spool, uplink }, time }: { self: OwnNode; time: string }) {
  const { locale, words } = useLanguage()
  const text = words.nodes
  const { held, timeLeft } = spool
  const size = (bytes: number) => formatBytes(bytes, locale)
  const number = (count: number) => formatNumber(count, locale)
  const heldSeconds = held.oldestTime ? Math.max(0, (Date.parse(time) - Date.parse(held.oldestTime)) / 1000) : 0
  const part = held.bytes / Math.max(1, spool.maxBytes)
  const isDown = uplink !== undefined && uplink.state !== 'connected'
  const isFull = part > FULL || spool.problem !== undefined
  return (
    <section className="panel" aria-labelledby="node-spool">
      <h2 id="node-spool">
        {isFull && <Mark of={spool.problem ? 2 : 1} />} {text.spool}
      </h2>
      <p className="time-left">
        {timeLeft ? (
          <>
            <b>{lasting(text, isDown, uplink !== undefined)(formatSpan(timeLeft.seconds, locale))}</b>{' '}
            <span>{`${text.ends[timeLeft.limit]}${locale === 'fr' ? ' :' : ':'} ${text.effects[timeLeft.effect]}`}</span>
          </>
        ) : (
          text.notMeasured
        )}
      </p>
      <Bar label={text.depthBytes(size(held.bytes), size(spool.maxBytes))} part={part} full={isFull} />
      {timeLeft && (
        <Bar
          label={text.depthTime(formatSpan(heldSeconds, locale), formatSpan(timeLeft.seconds, locale))}
          part={heldSeconds / Math.max(1, heldSeconds + timeLeft.seconds)}
          full={isFull}
        />
      )}
      <dl className="counters">
        <Figure name={text.heldFor[held.consumer === 'link' || held.consumer === 'historian' ? held.consumer : 'none']}>
          {held.records === 0 ? text.nothingHeld : text.held(size(held.bytes), number(held.records))}
        </Figure>
        <Figure name={text.oldest}>{held.oldestTime ? words.value.ago(formatSpan(heldSeconds, locale)) : '—'}</Figure>
        <Figure name={text.kept}>{size(Math.max(0, spool.bytes - held.bytes))}</Figure>
        <Figure name={text.room}>{size(spool.maxBytes)}</Figure>
        <Figure name={text.growth}>
          {spool.growthBytesPerSecond === undefined ? text.measuring : text.perSecond(size(spool.growthBytesPerSecond))}
        </Figure>
        <Figure name={text.diskFree}>{spool.diskFreeBytes === undefined ? '—' : size(spool.diskFreeBytes)}</Figure>
        <Figure name={text.dropped}>{number(spool.droppedSamples)}</Figure>
        <Figure name={text.corrupt}>{number(spool.corruptRecords)}</Figure>
      </dl>
    </section>
  )
}

function lasting(text: Words['nodes'], isDown: boolean, sendsOn: boolean): (time: string) => string {
  if (!sendsOn) return text.aloneHistorian
  return isDown ? text.aloneDown : text.alone
}

/** A filled part of a whole, drawn, with the words for it beneath. */
function Bar({ label, part, full }: { label: string; part: number; full: boolean }) {
  return (
    <div className="depth-bar">
      <svg
        className={full ? 'gauge gauge-full' : 'gauge'}
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        width="100%"
        height="8"
        aria-hidden="true"
      >
        <rect className="gauge-all" width="100" height="6" />
        <rect className="gauge-used" width={Math.min(100, Math.max(part > 0 ? 0.5 : 0, part * 100))} height="6" />
      </svg>
      <small className="soft">{label}</small>
    </div>
  )
}
