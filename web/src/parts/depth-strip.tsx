import type { Health } from '../../../src/api/schemas.ts'
import { formatAge, formatBytes, formatNumber } from '../format.ts'
import { useNow } from '../live/use-live.ts'
import { useLanguage } from '../words/index.ts'
import { Figure } from './figure.tsx'
import { Mark } from './status-mark.tsx'

/** Part of the spool from which it is shown as abnormal. */
const FULL = 0.8

/** How deep the spool stands and how far the historian is behind it. */
export function DepthStrip({ health }: { health: Health }) {
  const { locale, words } = useLanguage()
  const now = useNow()
  const text = words.connections
  const { spool, historian } = health
  const part = spool.maxBytes > 0 ? Math.min(1, spool.bytes / spool.maxBytes) : 0
  const number = (value: number, decimals?: number) => formatNumber(value, locale, decimals)
  const age = (time: string | undefined) => (time ? words.value.ago(formatAge(now - Date.parse(time), locale)) : '—')
  return (
    <section className="depth">
      <div className="panel">
        <h2>
          {(spool.problem || part > FULL || spool.corruptRecords > 0) && <Mark of={spool.problem ? 2 : 1} />} {text.spool}
        </h2>
        <svg
          className={part > FULL ? 'gauge gauge-full' : 'gauge'}
          viewBox="0 0 100 6"
          preserveAspectRatio="none"
          width="100%"
          height="8"
          aria-hidden="true"
        >
          <rect className="gauge-all" width="100" height="6" />
          <rect className="gauge-used" width={Math.max(0.5, part * 100)} height="6" />
        </svg>
        <dl className="counters">
          <Figure name={text.used}>{`${formatBytes(spool.bytes, locale)} / ${formatBytes(spool.maxBytes, locale)}`}</Figure>
          <Figure name={text.sequences}>{`${number(spool.firstSequence)} … ${number(spool.lastSequence)}`}</Figure>
          <Figure name={text.oldest}>{age(spool.oldestTime)}</Figure>
          <Figure name={text.fsync}>{`${number(spool.fsyncP50Ms, 1)} / ${number(spool.fsyncP99Ms, 1)} ms`}</Figure>
          <Figure name={text.dropped}>{number(spool.droppedSamples)}</Figure>
          <Figure name={text.corrupt}>{number(spool.corruptRecords)}</Figure>
        </dl>
        {spool.problem && <p className="problem">{spool.problem}</p>}
      </div>
      <div className="panel">
        <h2>
          {historian.problem && <Mark of={2} />} {text.historian}
        </h2>
        <dl className="counters">
          <Figure name={text.lag}>{text.records(number(historian.lagRecords))}</Figure>
          <Figure name={text.samples}>{number(historian.samples)}</Figure>
          <Figure name={text.hot}>{formatBytes(historian.hotBytes, locale)}</Figure>
          <Figure name={text.cold}>{formatBytes(historian.coldBytes, locale)}</Figure>
          <Figure name={text.oldest}>{age(historian.oldestTime)}</Figure>
          <Figure name={words.overview.newest}>{age(historian.newestTime)}</Figure>
        </dl>
        {historian.problem && <p className="problem">{historian.problem}</p>}
      </div>
    </section>
  )
}
