import type { Language } from '../config/index.ts'
import { en, type Words } from './words/en.ts'
import { fr } from './words/fr.ts'

export type { Words } from './words/en.ts'

/** What the commands say, by language. */
export const words: Readonly<Record<Language, Words>> = { en, fr }
