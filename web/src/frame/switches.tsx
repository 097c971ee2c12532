import { useState } from 'react'
import { useLanguage } from '../words/index.ts'
import { remember, type Theme } from './preferences.ts'

export function LanguageSwitch() {
  const { locale, words, setLocale } = useLanguage()
  return (
    <fieldset className="switch">
      <legend className="unseen">{words.frame.language}</legend>
      <button type="button" lang="fr" aria-label="FR, Français" aria-pressed={locale === 'fr'} onClick={() => setLocale('fr')}>
        FR
      </button>
      <button type="button" lang="en" aria-label="EN, English" aria-pressed={locale === 'en'} onClick={() => setLocale('en')}>
        EN
      </button>
    </fieldset>
  )
}

export function ThemeSwitch() {
  const { words } = useLanguage()
  const [theme, setTheme] = useState<Theme>(() => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light'))
  const choose = (next: Theme) => {
    document.documentElement.dataset.theme = next
    remember('theme', next)
    setTheme(next)
  }
  return (
    <fieldset className="switch">
      <legend className="unseen">{words.frame.theme}</legend>
      {(['light', 'dark'] as const).map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={theme === name}
          aria-label={words.frame[name]}
          title={words.frame[name]}
          onClick={() => choose(name)}
        >
          <svg viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
            {name === 'light' ? (
              <path d="M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.5 1.5M11.5 11.5 13 13M13 3l-1.5 1.5M4.5 11.5 3 13" />
            ) : (
              <path d="M13 10A5.8 5.8 0 0 1 6 3a5.8 5.8 0 1 0 7 7Z" />
            )}
          </svg>
        </button>
      ))}
    </fieldset>
  )
}
