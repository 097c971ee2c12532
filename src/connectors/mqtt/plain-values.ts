import type { DataType } from '../../core/signals.ts'
import { type Micros, parseTime } from '../../core/time.ts'

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/
const TRUE = new Set(['true', '1', 'on', 'yes'])
const FALSE = new Set(['false', '0', 'off', 'no'])
/** No number in a message is longer. */
const NUMBER_LENGTH = 64

/** A whole message as a value: undefined when it is empty, the text itself when it does not fit the type, so that `admit` refuses it. */
export function parseText(text: string, dataType: DataType): unknown {
  if (dataType === 'text') return text
  if (text.length > NUMBER_LENGTH) return text
  const body = text.trim()
  if (body === '') return undefined
  if (dataType === 'boolean') {
    const word = body.toLowerCase()
    return TRUE.has(word) ? true : FALSE.has(word) ? false : text
  }
  if (NUMBER.test(body)) return Number(body)
  if (/^nan$/i.test(body)) return Number.NaN
  if (/^[+-]?inf(inity)?$/i.test(body)) return body.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return text
}

const SCALE_US = { 'unix-s': 1_000_000, 'unix-ms': 1_000, 'unix-us': 1 } as const

/** A device's time in a message; NaN when it is none, which `admit` marks as implausible. */
export function parseTimestamp(value: unknown, format: 'iso' | keyof typeof SCALE_US): Micros {
  if (format === 'iso') return typeof value === 'string' ? parseTime(value) : Number.NaN
  const number = typeof value === 'string' && value.length <= NUMBER_LENGTH && NUMBER.test(value) ? Number(value) : value
  return typeof number === 'number' ? Math.round(number * SCALE_US[format]) : Number.NaN
}
