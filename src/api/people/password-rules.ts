import { Refusal } from '../problem.ts'

/**
 * NIST SP 800-63B-4, 3.1.1.2: 15 characters where a password is all there is, no rules of composition, no change but for cause, a list of what is
 * commonly guessed. With a second factor 8 would do; a password is chosen before anybody knows whether there will be one.
 */
export const PASSWORD_LENGTH = { least: 15, most: 256 } as const

/** Beginnings of what people choose when length is all that is asked; a password is refused when little else is in it. */
const COMMON = [
  ...['password', 'passwort', 'motdepasse', 'administrator', 'administrateur', 'admin', 'operator', 'operateur', 'welcome', 'bienvenue'],
  ...[
    'letmein',
    'changeme',
    'default',
    'secret',
    'iloveyou',
    'jetaime',
    'sunshine',
    'princess',
    'monkey',
    'dragon',
    'football',
    'baseball',
  ],
  ...[
    'superman',
    'batman',
    'master',
    'shadow',
    'trustno',
    'whatever',
    'qwerty',
    'qwertz',
    'azerty',
    'asdfgh',
    'qsdfgh',
    'zxcvbn',
    'wxcvbn',
  ],
  ...[
    'scada',
    'siemens',
    'schneider',
    'rockwell',
    'wincc',
    'ignition',
    'maintenance',
    'engineer',
    'ingenieur',
    'ecluse',
    'correcthorsebatterystaple',
  ],
  ...['abcdefghijklmnopqrstuvwxyz', '01234567890', '09876543210', '1q2w3e4r5t6y', '123123123', 'thisisapassword', 'unmotdepasse'],
]
/** Characters that must be left when everything common is taken away. */
const OWN = 6

const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\p{M}\s_.@-]/gu, '')
const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
}
const unmasked = (text: string): string => text.replace(/[01345780@$!]/g, (letter) => LEET[letter] ?? letter)

/** Throws a Refusal for a password that is too short, or easily guessed: a common one, one letter again and again, a run, the name, or the site. */
export function checkPassword(password: string, known: { readonly name: string; readonly site: string }): void {
  const length = [...password].length
  if (length < PASSWORD_LENGTH.least) throw new Refusal(400, 'weak-password/short', PASSWORD_LENGTH.least)
  if (length > PASSWORD_LENGTH.most) throw new Refusal(400, 'weak-password/long', PASSWORD_LENGTH.most)
  const text = plain(password)
  const words = [plain(known.name), plain(known.site)].filter((word) => word.length >= 4)
  if (words.some((word) => text.includes(word))) throw new Refusal(400, 'weak-password/name')
  for (const form of [text, unmasked(text)]) if (ownLetters(form) < OWN) throw new Refusal(400, 'weak-password/common')
}

/** Distinct characters beside common words, digits in a row and repetitions. */
function ownLetters(text: string): number {
  const rest = [...COMMON].sort((a, b) => b.length - a.length).reduce((left, word) => left.replaceAll(word, ''), text)
  const letters = [...rest.replace(/\d+/g, '')]
  const isRun = (i: number) => Math.abs((letters[i]?.codePointAt(0) ?? 0) - (letters[i - 1]?.codePointAt(0) ?? 0)) <= 1
  return new Set(letters.filter((_, i) => i === 0 || !isRun(i))).size
}
