import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'

/** Which value, of what time, known when, used for what: everything that the link of a passport carries. */
export interface PassportOf {
  readonly signal?: string
  readonly definition?: string
  readonly key?: string
  readonly value?: string
  readonly at?: string
  readonly use?: string
  readonly known?: string
}

export const passportHref = (of: PassportOf): string => hrefTo('passport', { ...of })

/** The way to the passport of a value; short in tables, where the row says what it is. */
export function PassportLink({ of, what, short = false }: { of: PassportOf; what: string; short?: boolean }) {
  const { words } = useLanguage()
  const text = short ? words.passport.title : words.passport.ask
  // The accessible name begins with what is seen, and says which value besides.
  return (
    <a href={passportHref(of)} aria-label={`${text} ${what}`}>
      {text}
    </a>
  )
}
