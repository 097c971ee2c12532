import { formatColumn, formatInstant, formatNumber, formatSecond, formatUnit, rawValue } from '../format.ts'
import type { FieldValue } from '../live/record-rows.ts'
import { type Locale, useLanguage, type Words } from '../words/index.ts'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** A field of a record or a value of a result, as people read it. Times come as RFC 3339. */
export function fieldText(value: FieldValue | undefined, unit: string | undefined, locale: Locale, words: Words): string {
  if (value === undefined || value === null || value === '') return '—'
  if (typeof value === 'boolean') return value ? words.value.yes : words.value.no
  if (typeof value === 'number') return `${formatNumber(value, locale)} ${formatUnit(unit, locale)}`.trimEnd()
  return TIME.test(value) ? formatSecond(new Date(value), locale) : value
}

/** Copying it takes the raw form. */
export function FieldText({ value, unit }: { value: FieldValue | undefined; unit?: string | undefined }) {
  const { locale, words } = useLanguage()
  const isNone = value === undefined || value === null || value === ''
  return (
    <span className={isNone ? 'value-none' : undefined} data-raw={rawValue(value ?? null)} title={isNone ? words.value.none : undefined}>
      {fieldText(value, unit, locale, words)}
    </span>
  )
}

export function TimeText({ time }: { time: string }) {
  const { locale } = useLanguage()
  return (
    <time dateTime={time} data-raw={time}>
      {formatSecond(new Date(time), locale)}
    </time>
  )
}

/** A time in a column of a table: shorter, with the whole of it on hover. */
export function ColumnTime({ time }: { time: FieldValue | undefined }) {
  const { locale } = useLanguage()
  if (typeof time !== 'string') return <FieldText value={time} />
  return (
    <time dateTime={time} data-raw={time} title={formatInstant(new Date(time), locale)}>
      {formatColumn(new Date(time), locale)}
    </time>
  )
}
