import type { OwnNode } from '../../../src/api/schemas.ts'
import { formatNumber } from '../format.ts'
import { useLanguage } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

/** One that is ending is abnormal: it should have been renewed. */
export function CertificateDays({ of: { daysLeft: days, isEnding } }: { of: NonNullable<OwnNode['certificate']> }) {
  const { locale, words } = useLanguage()
  const said = formatNumber(Math.abs(days), locale)
  return (
    <>
      {isEnding && <Mark of={days < 0 ? 2 : 1} />} {days < 0 ? words.nodes.expired(said) : words.nodes.daysLeft(said)}
    </>
  )
}
