/**
 * Ways in which a number is a whole one and something simple: plants measure in tenths and hundredths, and whole numbers that differ by little take
 * a byte where the bits of two doubles have little in common. A form is a number of one byte.
 *
 *   1-7  n / 10^d      8-12  n / 10^d as a 32-bit float      13-16  n × 0.1, 0.01 ...
 */
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6]
const TENTHS = [0.1, 0.01, 0.001, 0.0001]
const SINGLE = 8
const TIMES = 13
/** Forms are 1 up to and without this. */
export const DECIMAL_FORMS = 17
const INT32 = 0x7fffffff

/** By what a number of this form is multiplied to be whole, 0 where there is no such form. */
const factors = Float64Array.from({ length: DECIMAL_FORMS }, (_, form) => {
  if (form >= TIMES) return POWERS[form - TIMES + 1] as number
  return form >= SINGLE ? (POWERS[form - SINGLE] as number) : form > 0 ? (POWERS[form - 1] as number) : 0
})

/** The whole number (32 bits, signed) that stands for `value` in this form, whether or not it leads back to it. */
export function wholeOf(value: number, form: number): number {
  const whole = Math.round(value * (factors[form] as number))
  return whole >= -INT32 && whole <= INT32 ? whole : 0
}

/** The number for which `whole` stands. */
export function numberOf(whole: number, form: number): number {
  if (form < SINGLE) return whole / (factors[form] as number)
  if (form < TIMES) return Math.fround(whole / (factors[form] as number))
  return whole * (TENTHS[form - TIMES] as number)
}

/** True when `value` is exactly what `whole` stands for, down to the sign of zero. */
export function stands(value: number, whole: number, form: number): boolean {
  return numberOf(whole, form) === value && (whole !== 0 || Object.is(value, 0))
}

/** The first form in which the number is whole, 0 for none. */
export function formOf(value: number): number {
  for (let form = 1; form < DECIMAL_FORMS; form++) if (stands(value, wholeOf(value, form), form)) return form
  return 0
}
