import { useLanguage } from '../words/index.ts'

/** A contract has the words of those who signed it: no translation stands in for them, so their language is said where it is not the reader's. */
export function LanguageMark({ language }: { language: string | undefined }) {
  const { locale, words } = useLanguage()
  if (language === undefined || language.split('-')[0] === locale) return null
  const name = new Intl.DisplayNames(locale, { type: 'language', fallback: 'code' }).of(language) ?? language
  const text = words.contracts.writtenIn(name)
  return (
    <span className="language-mark" title={text}>
      <span aria-hidden="true">{language.toUpperCase()}</span>
      <span className="unseen">{text}</span>
    </span>
  )
}
