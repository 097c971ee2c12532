import type { Passport, PassportHop, PassportReason } from '../../../src/api/schemas.ts'
import { formatNumber, formatSecond, formatSeconds, formatShare } from '../format.ts'
import type { Locale, Words } from '../words/index.ts'

/** What a reason of a verdict says, with what was found and the limit that it is beyond. */
export function reasonSentence({ code, about, found, limit }: PassportReason, locale: Locale, words: Words): string {
  const text = words.passport
  const told = (value: string | number | undefined): string => {
    if (typeof value !== 'number') return value === undefined ? '' : known(value, [text.problems, words.status, words.contractStatus])
    if (code === 'coverage') return formatShare(value, locale)
    return code.startsWith('clock') || code.startsWith('age') ? formatSeconds(value / 1e6, locale) : formatNumber(value, locale)
  }
  const parts = { about: about === undefined ? text.value : known(about, [text.kinds]), found: told(found), limit: told(limit) }
  return text.reasons[code].replace(/\{(about|found|limit)\}/g, (_, name: keyof typeof parts) => parts[name])
}

function known(value: string, lists: readonly Readonly<Record<string, string>>[]): string {
  for (const list of lists) if (Object.hasOwn(list, value)) return list[value] as string
  return value
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** Details of a hop, each with its name. */
export function detailTexts({ details }: PassportHop, locale: Locale, words: Words): { name: string; text: string }[] {
  const { details: names, detailValues, causes } = words.passport
  return Object.entries(details).map(([name, value]) => ({
    name: known(name, [names]),
    text:
      typeof value !== 'number'
        ? TIME.test(value)
          ? formatSecond(new Date(value), locale)
          : known(value, [detailValues, causes])
        : name.endsWith('Us')
          ? `${value < 0 ? '−' : ''}${formatSeconds(Math.abs(value) / 1e6, locale)}`
          : formatNumber(value, locale),
  }))
}

export function countTexts({ counts = {} }: Pick<PassportHop, 'counts'>, locale: Locale, words: Words): string {
  const names = words.passport.counts
  return (Object.keys(names) as (keyof typeof names)[])
    .flatMap((name) => (counts[name] === undefined ? [] : [counted(name, counts[name], locale, words)]))
    .join(', ')
}

/** `1 signal`, `2 signals`: French says one of nothing, too. */
export function counted(name: keyof Words['passport']['counts'], count: number, locale: Locale, { passport }: Words): string {
  const isOne = new Intl.PluralRules(locale).select(count) === 'one'
  return `${formatNumber(count, locale)} ${(isOne ? passport.countsOne : passport.counts)[name]}`
}

/** Hops of one kind side by side, from the value to the devices. */
export function levelsOf(chain: Passport['chain']): readonly (readonly PassportHop[])[] {
  const levels: PassportHop[][] = []
  for (const kind of new Set(chain.map((hop) => hop.kind))) levels.push(chain.filter((hop) => hop.kind === kind))
  return levels
}

/** Levels that are shown at first: the value's own and the one below it. Those in which something is dead are never left out. */
export function nearLevels(levels: readonly (readonly PassportHop[])[]): readonly (readonly PassportHop[])[] {
  return levels.filter((hops, i) => i < 2 || hops.some(({ state }) => state === 'dead'))
}
