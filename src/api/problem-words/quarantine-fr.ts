/** What `shown` of a cell looks like: a text of JSON. */
const CELL = '("(?:[^"\\\\]|\\\\.)*")'
const FRENCH_KIND: Readonly<Record<string, string>> = {
  'a number': 'd’un nombre',
  'a time': 'd’une heure',
  'a text': 'd’un texte',
  'yes or no': 'de oui ou non',
}

/** Pieces of reasons why a row is no record (`core/field-values.ts`, `core/record-row.ts`, the readers of rows), as they are stored, in English; and in French. */
const PIECES: readonly (readonly [RegExp, string | ((...found: string[]) => string)])[] = [
  [/ is required and empty/g, ' est obligatoire et vide'],
  [
    / is (a list|an object) where (a number|a time|a text|yes or no) was expected/g,
    (_, is, kind) => ` est ${is === 'a list' ? 'une liste' : 'un objet'} au lieu ${FRENCH_KIND[kind ?? '']}`,
  ],
  [new RegExp(` is ${CELL} where a time was expected, like `, 'g'), ' vaut $1 au lieu d’une heure, comme '],
  [
    new RegExp(` is ${CELL} where (a number|yes or no) was expected`, 'g'),
    (_, cell, kind) => ` vaut ${cell} au lieu ${FRENCH_KIND[kind ?? '']}`,
  ],
  [new RegExp(` is ${CELL}, which is none of `, 'g'), ' vaut $1, qui n’est aucun de '],
  [
    new RegExp(` is ${CELL}, more than a number holds exactly: declare it as text`, 'g'),
    ' vaut $1, plus qu’un nombre ne tient exactement : déclarez-le comme texte',
  ],
  [
    new RegExp(` is the number ${CELL}: declare with \`epoch\` whether it counts s, ms or us`, 'g'),
    ' est le nombre $1 : dites avec `epoch` s’il compte des s, ms ou us',
  ],
  [
    new RegExp(` is ${CELL}, a time without zone: declare the field's \`zone\``, 'g'),
    ' vaut $1, une heure sans fuseau : déclarez la `zone` du champ',
  ],
  [
    new RegExp(` is ${CELL}, which never was in (\\S+): the clocks went forward then`, 'g'),
    ' vaut $1, qui n’a jamais existé à $2 : l’heure avançait alors',
  ],
  [
    new RegExp(` is ${CELL}, which came twice in (\\S+): let the source send its offset from UTC`, 'g'),
    ' vaut $1, venue deux fois à $2 : que la source envoie son décalage UTC',
  ],
  [/the key has (\d+) characters, the limit is (\d+)/g, 'la clé a $1 caractères, la limite est $2'],
  [/ has (\d+) characters, the limit is (\d+)/g, ' a $1 caractères, la limite est $2'],
  [/ \((\S+Z)\) is before (\S+) \(/g, ' ($1) est avant $2 ('],
  [/\bline (\d+): /g, 'ligne $1 : '],
  [/\bitem (\d+): /g, 'élément $1 : '],
  [/\brow (\d+): (.+) is binary/g, 'ligne $1 : $2 est binaire'],
  [/a quote is not closed/g, 'un guillemet n’est pas fermé'],
  [/a quote is where none may be/g, 'un guillemet est là où il n’en faut pas'],
  [/(\d+) cells for (\d+) columns/g, '$1 cellules pour $2 colonnes'],
  [/longer than (\d+) bytes/g, 'plus de $1 octets'],
  [/ not (UTF-8|windows-1252|latin1)$/g, ' n’est pas en $1'],
  [/no row: a map of columns was expected/g, 'pas une ligne : un objet de colonnes était attendu'],
  [/ not an object/g, ' n’est pas un objet'],
  [
    /a message of (\d+) (bytes|rows); at most (\d+) are read/g,
    (_, size, of, most) => `un message de ${size} ${of === 'bytes' ? 'octets' : 'lignes'} ; ${most} au plus sont lus`,
  ],
  [
    /an empty message that says nothing of what is gone: set `columns` of the feed/g,
    'un message vide qui ne dit pas ce qui a disparu : donnez les `columns` du flux',
  ],
  [/an empty message/g, 'un message vide'],
]

/** Why a row was set aside, in French; what nobody has translated stays in English. */
export const setAsideInFrench = (reason: string): string =>
  PIECES.reduce((text, [piece, french]) => text.replace(piece, french as string), reason)
