import picomatch from 'picomatch'
import { toSegment } from '../../core/names.ts'

/** One glob over browse paths, e.g. `Objects/Line1/∗∗/Temp∗`. Names are matched with case and with dots. */
export interface Glob {
  readonly text: string
  /** Does a variable at this path belong to it? */
  matches(path: readonly string[]): boolean
  /** Can anything below this object belong to it? False prunes the walk. */
  mayContain(path: readonly string[]): boolean
  /** Names between the fixed beginning of the glob and the last name of a match: what `{path}` stands for. */
  between(path: readonly string[]): readonly string[]
}

const OPTIONS = { dot: true, nonegate: true } as const

export function compileGlob(text: string): Glob {
  const segments = text.split('/')
  const whole = picomatch(text, OPTIONS)
  const single = segments.map((segment) => picomatch(segment, OPTIONS))
  const fixed = segments.findIndex((segment) => /[*?[\]{}()!+@|\\]/.test(segment))
  const prefix = fixed < 0 ? segments.length - 1 : Math.min(fixed, segments.length - 1)
  // A brace or bracket that spans a slash cannot be judged segment by segment: then nothing is pruned.
  const spans = /[{([][^})\]]*\//.test(text)
  return {
    text,
    matches: (path) => whole(path.join('/')),
    mayContain(path) {
      if (spans) return true
      for (let i = 0; i < path.length; i++) {
        if (segments[i]?.includes('**')) return true
        if (i >= segments.length - 1 || !single[i]?.(path[i] ?? '')) return false
      }
      return true
    },
    between: (path) => path.slice(prefix, -1),
  }
}

/** True when the glob starts at the Objects folder. */
export function isGlobRooted(text: string): boolean {
  return text.startsWith('Objects/') && text.length > 'Objects/'.length && !text.endsWith('/')
}

/** A browse name as one path segment; a slash in a name would look like a level. */
export function asSegment(name: string): string {
  return name.replaceAll('/', '%2F')
}

/** The signal id of a match: `{path}` and `{name}` filled in, each name made fit for an id. Empty levels vanish. */
export function fillTemplate(template: string, path: string, name: string): string {
  return template
    .replaceAll('{path}', path.split('/').map(toSegment).filter(Boolean).join('/'))
    .replaceAll('{name}', toSegment(name))
    .split('/')
    .filter(Boolean)
    .join('/')
}
