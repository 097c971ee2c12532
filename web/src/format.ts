import type { Label, Locale } from './words/index.ts'

/** How numbers, times and units read in each language. Pure functions of their arguments; formatters are kept, they are dear to make. */

const TAGS: Record<Locale, string> = { fr: 'fr-FR', en: 'en-GB' }
const numberFormats = new Map<string, Intl.NumberFormat>()
const dateFormats = new Map<string, Intl.DateTimeFormat>()

/** A number with exactly `decimals` digits where the model says so, at most 3 where it does not: `1 234,50` in French (narrow no-break space). */
export function formatNumber(value: number, locale: Locale, decimals?: number): string {
  const key = `${locale} ${decimals}`
  let format = numberFormats.get(key)
  if (!format) {
    const digits =
      decimals === undefined ? { maximumFractionDigits: 3 } : { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
    format = new Intl.NumberFormat(TAGS[locale], digits)
    numberFormats.set(key, format)
  }
  // U+2212: the sign is as wide as a digit, so that columns stay aligned.
  return format.format(value).replace('-', '−')
}

/** The digits a machine wants, in every language: what is copied. */
export const rawValue = (value: number | boolean | string | null): string => (value === null ? '' : String(value))

const UNITS: Readonly<Record<string, string>> = {
  '1': '',
  Cel: '°C',
  'kW.h': 'kWh',
  'MW.h': 'MWh',
  'm3/h': 'm³/h',
  'L/min': 'L/min',
  'l/min': 'L/min',
  m3: 'm³',
  deg: '°',
  Ohm: 'Ω',
  '[ppm]': 'ppm',
  '/min': 'min⁻¹',
  '1/min': 'min⁻¹',
  '{rpm}': 'tr/min',
  'm/s2': 'm/s²',
}

/** The usual sign of a UCUM unit: `Cel` reads °C. Annotations such as `{bag}` read as their word. */
export function formatUnit(unit: string | undefined, locale: Locale): string {
  if (!unit) return ''
  if (unit === '{rpm}' && locale === 'en') return 'rpm'
  return UNITS[unit] ?? unit.replace(/^1?\/(\w+)$/, '/$1').replace(/[{}[\]]/g, '')
}

function dateFormat(locale: Locale, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${name}`
  let format = dateFormats.get(key)
  if (!format) dateFormats.set(key, (format = new Intl.DateTimeFormat(TAGS[locale], options)))
  return format
}

/** Time of day in the reader's zone: `14:03:07`. */
export const formatClock = (time: Date, locale: Locale): string =>
  dateFormat(locale, 'clock', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(time)

/** Time of day to the millisecond. */
export const formatMoment = (time: Date, locale: Locale): string =>
  dateFormat(locale, 'moment', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 }).format(time)

/** Date and time to the millisecond, with the zone: `23/11/2026 14:03:07.250 CET`. */
export const formatInstant = (time: Date, locale: Locale): string =>
  dateFormat(locale, 'instant', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    timeZoneName: 'short',
  }).format(time)

/** How long ago, in the largest unit that says enough: `0 s`, `42 s`, `3 min`, `5 h`, `12 d`. */
export function formatAge(ms: number, locale: Locale): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} ${locale === 'fr' ? 'j' : 'd'}`
}

/** How long something lasts, in the two largest units that say enough: `12 min`, `9 h 20 min`, `6 d 4 h`. */
export function formatSpan(seconds: number, locale: Locale): string {
  const day = locale === 'fr' ? 'j' : 'd'
  const minutes = Math.floor(Math.max(0, seconds) / 60)
  if (minutes < 1) return `${Math.floor(Math.max(0, seconds))} s`
  const [major, minor, per, total] = minutes < 1440 ? ['h', 'min', 60, minutes] : [day, 'h', 24, Math.floor(minutes / 60)]
  const [whole, rest] = [Math.floor(total / per), total % per]
  return [whole > 0 && `${formatNumber(whole, locale)} ${major}`, rest > 0 && `${rest} ${minor}`].filter(Boolean).join(' ')
}

/** A clock's offset with its uncertainty, in milliseconds below a second, else in seconds: `+1.3 ± 0.9 ms`. */
export function formatOffset(offsetUs: number, uncertaintyUs: number, locale: Locale): string {
  const [unit, per] = Math.max(Math.abs(offsetUs), uncertaintyUs) < 1e6 ? ['ms', 1e3] : ['s', 1e6]
  const sign = offsetUs < 0 ? '' : '+'
  return `${sign}${formatNumber(offsetUs / per, locale, 1)} ± ${formatNumber(uncertaintyUs / per, locale, 1)} ${unit}`
}

/** A share from 0 to 1 as a percentage, rounded down: 100 % is said of a whole only. */
export function formatShare(share: number, locale: Locale): string {
  const tenths = Math.floor(share * 1000 + 1e-9)
  const text = `${formatNumber(tenths / 10, locale, tenths % 10 === 0 ? 0 : 1)} %`
  return tenths === 0 && share > 0 ? '< 0,1 %'.replace(',', locale === 'fr' ? ',' : '.') : text
}

/** How long something took, as finely as anybody asks: `4.2 ms`, `607 ms`, `8.3 s`, `12 min`. */
export function formatElapsed(seconds: number, locale: Locale): string {
  if (seconds < 0.01) return `${formatNumber(seconds * 1000, locale, 1)} ms`
  if (seconds < 1) return `${formatNumber(seconds * 1000, locale, 0)} ms`
  return seconds < 60 ? `${formatNumber(seconds, locale, 1)} s` : formatSpan(seconds, locale)
}

/** A duration that was declared, as it was meant: `250 ms`, `5 s`, `10 min`, `1.5 h`. */
export function formatSeconds(seconds: number, locale: Locale): string {
  if (seconds < 1) return `${formatNumber(seconds * 1000, locale)} ms`
  if (seconds < 60 || (seconds < 3600 && seconds % 60 !== 0 && seconds < 600)) return `${formatNumber(seconds, locale)} s`
  if (seconds < 3600) return `${formatNumber(seconds / 60, locale)} min`
  return seconds < 172_800
    ? `${formatNumber(seconds / 3600, locale)} h`
    : `${formatNumber(seconds / 86_400, locale)} ${locale === 'fr' ? 'j' : 'd'}`
}

/** Hour and minute in the reader's zone: `14:00`. */
export const formatHour = (time: Date, locale: Locale): string =>
  dateFormat(locale, 'hour', { hour: '2-digit', minute: '2-digit' }).format(time)

/** Date, hour and minute: `25/11/2026 14:00`. */
export const formatDate = (time: Date, locale: Locale): string =>
  dateFormat(locale, 'date', { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).format(time)

/** `25/11/2026`. */
export const formatDay = (time: Date, locale: Locale): string =>
  dateFormat(locale, 'day', { year: 'numeric', month: '2-digit', day: '2-digit' }).format(time)

/** Date and time to the second: `25/11/2026 14:00:03`. */
export const formatSecond = (time: Date, locale: Locale): string =>
  dateFormat(locale, 'second', {
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  }).format(time)

/** The same with a short year, for columns: `25/11/26 14:00:03`. */
export const formatColumn = (time: Date, locale: Locale): string =>
  dateFormat(locale, 'column', {
    ...{ year: '2-digit', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  })
    .format(time)
    .replace(',', '')

/** Bytes in binary multiples: `12.3 MiB`, `12,3 Mio`. */
export function formatBytes(bytes: number, locale: Locale): string {
  const units = locale === 'fr' ? ['o', 'Kio', 'Mio', 'Gio', 'Tio'] : ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${formatNumber(bytes / 1024 ** step, locale, step === 0 ? 0 : 1)} ${units[step]}`
}

/** The label in the reader's language, or in the other one, or nothing. */
export const labelOf = (label: Label | undefined, locale: Locale): string | undefined => label?.[locale] ?? label?.en ?? label?.fr
