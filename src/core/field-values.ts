import type { FieldValue, RecordField } from './it-records.ts'
import { LIMITS } from './limits.ts'
import { type Micros, parseTime } from './time.ts'
import { Zone } from './zone.ts'

/** What a source sent, as the field wants it; or what is wrong with it, for people. */
export type Read = { readonly value: FieldValue } | { readonly wrong: string }

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/
const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', '1', 'on'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', '0', 'off'].map((word) => [word, false] as const),
])
/** Date and time without zone, as databases and spreadsheets write it. */
const LOCAL = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?$/
const SCALE = { s: 1_000_000, ms: 1_000, us: 1 } as const
/** Years 1 to 9999: beyond, somebody means something else than a time. */
const EARLIEST: Micros = Date.parse('0001-01-01T00:00:00Z') * 1000
const LATEST: Micros = Date.parse('9999-12-30T00:00:00Z') * 1000
const SHOWN = 60

/** Nothing (null, undefined, an empty text) is null, whatever the type. Never throws. */
export function readField(raw: unknown, field: RecordField): Read {
  if (raw === null || raw === undefined || raw === '') return field.required ? { wrong: 'is required and empty' } : { value: null }
  if (typeof raw === 'object' && !(raw instanceof Date))
    return { wrong: `is ${Array.isArray(raw) ? 'a list' : 'an object'} where ${article(field)} was expected` }
  switch (field.type) {
    case 'text':
      return readText(raw, field)
    case 'number':
      return readNumber(raw)
    case 'boolean':
      return readBoolean(raw)
    case 'time':
      return readTime(raw, field)
  }
}

function readText(raw: unknown, { values }: RecordField): Read {
  const text = raw instanceof Date ? raw.toISOString() : String(raw)
  if (text.length > LIMITS.fieldText) return { wrong: `has ${text.length} characters, the limit is ${LIMITS.fieldText}` }
  if (values && !values.includes(text)) return { wrong: `is ${shown(text)}, which is none of ${values.slice(0, 10).join(', ')}` }
  return { value: text }
}

function readNumber(raw: unknown): Read {
  const number =
    typeof raw === 'number'
      ? raw
      : typeof raw === 'bigint'
        ? Number(raw)
        : typeof raw === 'string' && NUMBER.test(raw.trim())
          ? Number(raw)
          : Number.NaN
  if (!Number.isFinite(number)) return { wrong: `is ${shown(raw)} where a number was expected` }
  const isWhole = typeof raw === 'bigint' || (typeof raw === 'string' && /^[+-]?\d+$/.test(raw.trim()))
  if (isWhole && !Number.isSafeInteger(number)) return { wrong: `is ${shown(raw)}, more than a number holds exactly: declare it as text` }
  return { value: number }
}

function readBoolean(raw: unknown): Read {
  const value = typeof raw === 'boolean' ? raw : WORDS.get(String(raw).trim().toLowerCase())
  return value === undefined ? { wrong: `is ${shown(raw)} where yes or no was expected` } : { value }
}

function readTime(raw: unknown, { zone, epoch }: RecordField): Read {
  const time = raw instanceof Date ? raw.getTime() * 1000 : typeof raw === 'string' ? textTime(raw.trim(), zone) : numberTime(raw, epoch)
  if (typeof time === 'string') return { wrong: time }
  if (!(time >= EARLIEST && time <= LATEST)) return { wrong: `is ${shown(raw)} where a time was expected, like 2026-11-27T08:00:00Z` }
  return { value: time }
}

function numberTime(raw: unknown, epoch: RecordField['epoch']): Micros | string {
  if (typeof raw !== 'number' && typeof raw !== 'bigint') return Number.NaN
  if (!epoch) return `is the number ${shown(raw)}: declare with \`epoch\` whether it counts s, ms or us`
  return Math.round(Number(raw) * SCALE[epoch])
}

function textTime(text: string, zone: string | undefined): Micros | string {
  const whole = parseTime(withSeconds(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')))
  if (!Number.isNaN(whole)) return whole
  const parts = LOCAL.exec(text)
  if (!parts) return Number.NaN
  if (!zone) return `is ${shown(text)}, a time without zone: declare the field's \`zone\``
  const wall = parseTime(`${parts[1]}T${parts[2] ?? '00:00'}:${parts[3] ?? '00'}${parts[4] ? `.${parts[4]}` : ''}Z`)
  if (Number.isNaN(wall)) return Number.NaN
  const span = new Zone(zone).span(wall)
  if (span.kind === 'gap') return `is ${shown(text)}, which never was in ${zone}: the clocks went forward then`
  if (span.kind === 'fold') return `is ${shown(text)}, which came twice in ${zone}: let the source send its offset from UTC`
  return wall - span.offsetUs
}

/** A time to the minute is the beginning of it (ISO 8601-1, 5.3.1.3: reduced precision). */
const withSeconds = (text: string): string => text.replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d)(Z|[+-]\d\d:\d\d)$/i, '$1:00$2')

const article = ({ type }: RecordField): string => (type === 'time' || type === 'text' || type === 'number' ? `a ${type}` : 'yes or no')

const shown = (raw: unknown): string => {
  const text = raw instanceof Date ? 'an impossible date' : String(raw)
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
}
