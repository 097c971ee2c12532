import { formatNumber } from '../format.ts'
import { useLanguage } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

/** A certificate is abnormal this many days before its end: it should have been renewed far earlier. */
const AHEAD = 30

export function CertificateDays({ days }: { days: number }) {
  const { locale, words } = useLanguage()
  const said = formatNumber(Math.abs(days), locale)
  return (
    <>
      {days <= AHEAD && <Mark of={days < 0 ? 2 : 1} />} {days < 0 ? words.nodes.expired(said) : words.nodes.daysLeft(said)}
    </>
  )
}
