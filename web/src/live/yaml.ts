/** Plain YAML of plain values, as people write a configuration. Two blanks per level; short lists of scalars on one line. */
export function toYaml(value: unknown, level = 0): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    const inline = value.every(isScalar) && `[${value.map(scalar).join(', ')}]`
    if (inline && inline.length <= LINE) return inline
    return value.map((item) => `\n${pad(level)}- ${toYaml(item, level + 1).trimStart()}`).join('')
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    if (entries.length === 0) return '{}'
    return entries
      .map(([name, item]) => {
        const text = toYaml(item, level + 1)
        return `\n${pad(level)}${scalar(name)}:${text.startsWith('\n') ? '' : ' '}${text}`
      })
      .join('')
  }
  return scalar(value)
}

const LINE = 80
const pad = (level: number): string => '  '.repeat(level)
const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null

/** Words that YAML or its readers take for something else than text. */
const SPECIAL = /^(|~|null|true|false|yes|no|on|off|y|n|[-+.]?\d.*|\.inf|\.nan)$/i

/** A text is quoted where YAML would read it as something else. */
export function scalar(value: unknown): string {
  if (typeof value !== 'string') return value === undefined ? 'null' : String(value)
  const plain = /^[\p{L}\p{N}_/.][\p{L}\p{N}_ /.()<>=*+%°-]*$/u.test(value) && !/\s$/.test(value)
  return plain && !SPECIAL.test(value) ? value : JSON.stringify(value)
}
