import type { ExpressionProblem } from '../../core/expression/index.ts'
import type { Wording } from '../places.ts'

type Sentences = Record<ExpressionProblem['code'], (problem: ExpressionProblem) => Wording>

const ENGLISH: Sentences = {
  'too-long': ({ expected }) => [`longer than ${expected} characters`, 'compute a part of it as a derived signal of its own'],
  'too-complex': () => ['too many parts, or too many inside one another', 'compute a part of it as a derived signal of its own'],
  syntax: ({ found }) => [
    found ? `\`${found}\` does not fit here` : 'something is missing here',
    'expressions are CEL: `a * 2.5`, `a > 8 && b`, `mode == "auto"`',
  ],
  'unknown-name': ({ found, near, expected }) => [
    `nobody knows \`${found}\``,
    near ? `did you mean \`${near}\`?` : expected ? `names here: ${expected}` : 'declare it under `inputs:`',
  ],
  'unknown-function': ({ found, near, expected }) => [
    `there is no function \`${found}\``,
    near ? `did you mean \`${near}\`?` : `functions: ${expected}`,
  ],
  'not-allowed': ({ found }) => [
    `\`${found}\` may not stand in an expression here`,
    found === 'null' ? 'ask `known(x)`' : 'loops, regular expressions, maps and indices are left out, so that no expression can run long',
  ],
  type: ({ found, expected }) => [
    expected ? `expected ${expected}, found ${found}` : `\`${found}\` does not go together`,
    'a state of 0 and 1 is a number unless its input says `type: boolean`',
  ],
  arguments: ({ found, expected }) => [`\`${found}\` does not fit`, `it is \`${expected}\``],
  constant: () => ['must be written out here, as a text in quotes', "e.g. 'kW', '15m', '2026-11-23T08:00:00Z'"],
  'result-type': ({ found, expected }) => [`comes to a ${found}, expected a ${expected}`],
  'unit-unknown': ({ found, near }) => [`nobody knows the unit \`${found}\``, near ? `did you mean \`${near}\`?` : 'write a UCUM code'],
  'unit-dimension': ({ found, expected }) => [`\`${found}\` and \`${expected}\` do not measure the same thing`],
  'unit-scale': ({ found, expected }) => [`\`${found}\` is not \`${expected}\``, `write \`convert(..., '${expected}')\``],
  'unit-factor': ({ found, expected }) => [
    `\`${found}\` is not \`${expected}\`, and the plain numbers in it do not make up for that`,
    `multiply by what lies between the two, or write \`convert(..., '${expected}')\` around the part without plain numbers`,
  ],
  'unit-unstated': () => [
    'the unit of what is to be converted is not known',
    "give the signal its unit, or say it: `quantity(..., 'W')`; a plain number as a factor makes it uncertain",
  ],
  'unit-root': ({ found }) => [`\`${found}\` is not the square of a unit`],
}

const FRENCH: Sentences = {
  'too-long': ({ expected }) => [`plus de ${expected} caractères`, 'calculez une partie comme un signal dérivé à part'],
  'too-complex': () => ['trop d’éléments, ou trop d’éléments imbriqués', 'calculez une partie comme un signal dérivé à part'],
  syntax: ({ found }) => [
    found ? `\`${found}\` n’a pas sa place ici` : 'il manque quelque chose ici',
    'les expressions sont du CEL : `a * 2.5`, `a > 8 && b`, `mode == "auto"`',
  ],
  'unknown-name': ({ found, near, expected }) => [
    `\`${found}\` n’est pas connu`,
    near ? `vouliez-vous dire \`${near}\` ?` : expected ? `noms connus ici : ${expected}` : 'déclarez-le sous `inputs:`',
  ],
  'unknown-function': ({ found, near, expected }) => [
    `la fonction \`${found}\` n’existe pas`,
    near ? `vouliez-vous dire \`${near}\` ?` : `fonctions : ${expected}`,
  ],
  'not-allowed': ({ found }) => [
    `\`${found}\` n’est pas permis dans une expression`,
    found === 'null'
      ? 'demandez `known(x)`'
      : 'boucles, expressions rationnelles, tables et indices sont exclus, pour qu’aucune expression ne dure longtemps',
  ],
  type: ({ found, expected }) => [
    expected ? `attendu : ${typeInFrench(expected)} ; trouvé : ${typeInFrench(found)}` : `\`${found}\` ne va pas ensemble`,
    'un état 0 ou 1 est un nombre, sauf si son entrée dit `type: boolean`',
  ],
  arguments: ({ found, expected }) => [`\`${found}\` ne convient pas`, `c’est \`${expected}\``],
  constant: () => ['doit être écrit ici tel quel, entre guillemets', "par exemple 'kW', '15m', '2026-11-23T08:00:00Z'"],
  'result-type': ({ found, expected }) => [`donne ${typeInFrench(found)} au lieu de ${typeInFrench(expected)}`],
  'unit-unknown': ({ found, near }) => [
    `l’unité \`${found}\` n’est pas connue`,
    near ? `vouliez-vous dire \`${near}\` ?` : 'écrivez un code UCUM',
  ],
  'unit-dimension': ({ found, expected }) => [`\`${found}\` et \`${expected}\` ne mesurent pas la même chose`],
  'unit-scale': ({ found, expected }) => [`\`${found}\` n’est pas \`${expected}\``, `écrivez \`convert(..., '${expected}')\``],
  'unit-factor': ({ found, expected }) => [
    `\`${found}\` n’est pas \`${expected}\`, et les simples nombres de l’expression n’y changent rien`,
    `multipliez par ce qui sépare les deux, ou écrivez \`convert(..., '${expected}')\` autour de la partie sans simples nombres`,
  ],
  'unit-unstated': () => [
    'l’unité de ce qui est à convertir n’est pas connue',
    "donnez son unité au signal, ou dites-la : `quantity(..., 'W')` ; un simple nombre en facteur la rend incertaine",
  ],
  'unit-root': ({ found }) => [`\`${found}\` n’est pas le carré d’une unité`],
}

const TYPES: Readonly<Record<string, string>> = { number: 'un nombre', boolean: 'un booléen', text: 'un texte', time: 'une date' }
const typeInFrench = (name = ''): string => TYPES[name] ?? `\`${name}\``

/** Where in the expression, counted from 1, and what is wrong there. */
const placed =
  (sentences: Sentences, character: string, colon: string) =>
  (problem: ExpressionProblem): Wording => {
    const [message, hint] = sentences[problem.code](problem)
    return [`${character} ${problem.start + 1}${colon} ${message}`, hint]
  }

export const expressionInEnglish = placed(ENGLISH, 'character', ':')
export const expressionInFrench = placed(FRENCH, 'caractère', ' :')
