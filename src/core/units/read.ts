import { ALIAS_PREFIXES, ALIASES, PREFIXED_ALIASES, SPELLINGS, SUPERSCRIPTS } from './aliases.ts'
import { parseCode } from './parse.ts'
import { UNIT_LIMITS, type Unit } from './unit.ts'

/**
 * The unit a text means: an alias of `aliases.ts`, a UCUM code, or a code some of whose parts are aliases (`kWh/d`, `lb/ft³`).
 * Undefined when nobody knows it. `code` of the result is always UCUM.
 */
export function readUnit(text: string): Unit | undefined {
  if (text.length > UNIT_LIMITS.characters) return undefined
  const written = spelt(text.trim())
  const whole = alias(written.replaceAll(' ', ''))
  if (whole !== undefined) return parseCode(whole)
  const code = dotted(written)
  const known = alias(code)
  return parseCode(known ?? withAliases(code))
}

/** `readUnit` with a memory, for those who meet the same few texts in many signals. */
export function unitReader(): (text: string) => Unit | undefined {
  const known = new Map<string, Unit | undefined>()
  return (text) => {
    if (known.has(text)) return known.get(text)
    const unit = readUnit(text)
    if (known.size < KNOWN_TEXTS) known.set(text, unit)
    return unit
  }
}

/** Texts one reader remembers. */
const KNOWN_TEXTS = 1_000

function spelt(text: string): string {
  let out = text
  for (const [from, to] of SPELLINGS) out = out.replace(from, to)
  return out.replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (digit) => String(SUPERSCRIPTS.indexOf(digit)))
}

/** `kW * h`, `kW h`, `m^3 / h` with the standard's operators. Annotations stay as they are. */
function dotted(text: string): string {
  return text.replace(/\{[^{}]*\}|[^{}]+/g, (part) =>
    part.startsWith('{')
      ? part
      : part
          .replace(/\s*([./()])\s*/g, '$1')
          .replace(/(?<=[A-Za-z\])])\s*\*\s*(?=[A-Za-z[(])/g, '.')
          .replace(/(?<=[A-Za-z\]])\^(?=[+-]?\d)/g, '')
          .replace(/ +/g, '.'),
  )
}

function alias(text: string): string | undefined {
  if (Object.hasOwn(ALIASES, text)) return ALIASES[text]
  if (Object.hasOwn(PREFIXED_ALIASES, text)) return PREFIXED_ALIASES[text]
  const rest = text.slice(1)
  const prefix = ALIAS_PREFIXES.find((known) => text.startsWith(known))
  return prefix !== undefined && Object.hasOwn(PREFIXED_ALIASES, rest) ? prefix + PREFIXED_ALIASES[rest] : undefined
}

/** Puts the codes of aliases between the operators; brackets and braces are not looked into. */
function withAliases(code: string): string {
  return code.replace(/\[[^[\]]*\]|\{[^{}]*\}|[./()]|(?:[^[\]{}./()]|\[[^[\]]*\])+/g, (part) => {
    if (/^[[{./()]/.test(part)) return part
    const whole = alias(part)
    if (whole !== undefined) return /[./]/.test(whole) ? `(${whole})` : whole
    const [, name = '', exponent = ''] = /^(.*[^\d+-])([+-]?\d+)$/.exec(part) ?? []
    const base = alias(name)
    return base !== undefined && !/[./{]/.test(base) ? base + exponent : part
  })
}
