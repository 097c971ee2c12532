import { createContext, useContext } from 'react'
import type { Signal } from '../../../src/api/schemas.ts'
import { en } from './en.ts'
import { fr } from './fr.ts'
import type { Words } from './words.ts'

export type { Words }

export type Locale = 'fr' | 'en'
export type Label = NonNullable<Signal['label']>

export const WORDS: Readonly<Record<Locale, Words>> = { fr, en }

export interface Language {
  readonly locale: Locale
  readonly words: Words
  setLocale(locale: Locale): void
}

export const LanguageContext = createContext<Language>({ locale: 'en', words: en, setLocale: () => {} })
export const useLanguage = (): Language => useContext(LanguageContext)

/** The reader's choice from last time, or the browser's first language that we speak. */
export function firstLocale(stored: string | null, languages: readonly string[]): Locale {
  if (stored === 'fr' || stored === 'en') return stored
  for (const language of languages) {
    if (language.startsWith('fr')) return 'fr'
    if (language.startsWith('en')) return 'en'
  }
  return 'en'
}
