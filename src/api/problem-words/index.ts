import { fr as frenchIssues } from 'zod/locales'
import type { $ZodIssue } from 'zod/v4/core'
import { en, enPatterns, type Told } from './en.ts'
import { fr, frPatterns } from './fr.ts'

export type { MissingWhere, Told } from './en.ts'

/** The languages in which a refusal is said. */
export type ProblemLanguage = 'en' | 'fr'
export type ProblemWords = typeof en
/** A code, or `code/case` where one code has several cases. */
export type ProblemKey = keyof ProblemWords

const WORDS: Readonly<Record<ProblemLanguage, ProblemWords>> = { en, fr }

/** What a refusal says in a language. */
export function problemWords<K extends ProblemKey>(language: ProblemLanguage, key: K, values: Parameters<ProblemWords[K]>): Told {
  return (WORDS[language][key] as (...given: Parameters<ProblemWords[K]>) => Told)(...values)
}

/** Issues of one request that are told. */
const TOLD_ISSUES = 10
const PATTERNS: Readonly<Record<ProblemLanguage, Readonly<Record<string, string>>>> = { en: enPatterns, fr: frPatterns }

/** What a schema has against a request; the issues bear the values that were given (`reportInput`). */
export function sayIssues(language: ProblemLanguage, issues: readonly $ZodIssue[]): string {
  const [french, request, colon] = language === 'fr' ? [frenchIssues().localeError, 'demande', ' : '] : [undefined, 'request', ': ']
  return issues
    .slice(0, TOLD_ISSUES)
    .map((issue) => {
      const said = PATTERNS[language][issue.message] ?? french?.(issue as RawIssue) ?? issue.message
      return `${issue.path.join('/') || request}${colon}${said}`
    })
    .join('; ')
}
type RawIssue = Parameters<ReturnType<typeof frenchIssues>['localeError']>[0]

/** The code that stands in an answer. */
export const codeOf = (key: ProblemKey): string => key.split('/', 1)[0] as string

/** What an Accept-Language header asks for (RFC 9110, 12.5.4): the one of ours that it wants most, English where it names none. */
export function languageOf(accepted: string | undefined): ProblemLanguage {
  let best: { language: ProblemLanguage; weight: number } | undefined
  for (const range of (accepted ?? '').slice(0, 256).split(',')) {
    const [tag = '', ...rest] = range.split(';').map((part) => part.trim())
    const language = tag.toLowerCase().split('-', 1)[0]
    if (language !== 'fr' && language !== 'en') continue
    const q = rest.find((part) => part.startsWith('q='))
    const weight = q === undefined ? 1 : Number(q.slice(2))
    if (weight > 0 && (best === undefined || weight > best.weight)) best = { language, weight }
  }
  return best?.language ?? 'en'
}
