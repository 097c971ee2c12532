import { en } from './words/en.ts'
import { fr } from './words/fr.ts'

export type Language = 'fr' | 'en'

/** Every sentence `lint` can say, in one language. None of them repeats a value of the file: it might be a secret. */
export type ConfigWords = typeof en

export const configWords: Readonly<Record<Language, ConfigWords>> = { fr, en }
