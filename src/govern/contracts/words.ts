import { CONTRACT_METRICS } from '../../core/contracts.ts'
import type { Unsupported } from './checks.ts'
import { CONTRACT_LIMITS } from './limits.ts'

/** A message and what to do about it. */
export type Said = readonly [message: string, hint?: string]

/** What lint says of contracts, in one language. */
export type ContractWords = typeof en

const en = {
  olderVersion: (found: string): Said => [
    `written for ${found} of the standard`,
    'read as v3.1.0; set `apiVersion: v3.1.0` when its authors agree',
  ],
  noOtOwner: (): Said => ['no `otOwner`: nobody on the plant’s side answers for this data', 'add it to `customProperties`'],
  noItOwner: (): Said => ['no `itOwner`: nobody on the side of those who use it answers for this data', 'add it to `customProperties`'],
  noForbiddenUses: (): Said => [
    'no `forbiddenUses`: the contract does not say what this data must not be used for',
    'add it to `customProperties`; `[]` says that there is none',
  ],
  status: (known: string): Said => [
    'an unknown status: the contract is not enforced',
    `one of ${known}; active and deprecated ones are enforced`,
  ],
  fieldName: (near: string): Said => ['nobody reads this name', `did you mean \`${near}\`?`],
  option: (name: string, type: string, known: string): Said => [
    `\`${name}\` is no option of the type ${type}`,
    known ? `its options: ${known}` : 'this type has no options',
  ],
  noTime: (): Said => ['not a time: the promise is not enforced', 'give a number as `value` and ms, s, min, h, d or y as `unit`'],
  unknownElement: (name: string): Said => [
    `the schema has no element \`${name}\`: the promise is not enforced`,
    'an element is `object` or `object.property`; none means the whole contract',
  ],
  check: (why: Unsupported['unsupported'], name: string): Said => [
    {
      type: `a check of the type \`${name}\` is not run: it is kept for those who run it`,
      metric: `the metric \`${name}\` cannot be kept while data flows: the check is not run`,
      operator: `\`${name}\` cannot be kept while data flows, or has no number: the check is not run`,
      argument: `the argument \`${name}\` is missing, or means nothing here: the check is not run`,
      unit: `the unit \`${name}\` means nothing here: the check is not run`,
    }[why],
    `kept are ${CONTRACT_METRICS.join(', ')} of a property, in rows or percent, with mustBe, mustBeBetween and the limits`,
  ],
  checkOfObject: (name: string): Said => [
    `\`${name}\` is asked of a whole object, which has no rows while data flows: the check is not run`,
    'write it at a property',
  ],
  duplicateCheck: (name: string): Said => [`the check \`${name}\` is already given`, 'give each its own `name`'],
  tooManyChecks: (): Said => [`more than ${CONTRACT_LIMITS.checks} checks in all contracts together`],
  emptyRange: (): Said => ['the lower limit is above the upper one: no value can be valid'],
  duplicateContract: (id: string, where: string): Said => [
    `the contract \`${id}\` is already given at ${where}`,
    'give each contract its own id',
  ],
  duplicateProperty: (name: string): Said => [`the property \`${name}\` is already given`, 'names are unique within their object'],
  badPattern: (): Said => ['a pattern that cannot be read', 'use * within a segment and ** across segments, e.g. baggage/*/motor/current'],
  unknownSignal: (signal: string, pattern: boolean): Said => [
    pattern ? `the pattern \`${signal}\` names no signal` : `there is no signal \`${signal}\``,
    'an id is written as in the configuration, without the name of the site',
  ],
  signalWithoutUnit: (id: string, unit: string): Said => [
    `the signal \`${id}\` declares no unit, the contract promises \`${unit}\``,
    'declare `unit` on the signal, so that both can be compared',
  ],
  otherUnit: (id: string, unit: string, promised: string): Said => [
    `the signal \`${id}\` is in \`${unit}\`, the contract promises \`${promised}\``,
    'one of the two is wrong; a value is never converted silently',
  ],
  wider: (id: string, low: number, high: number): Said => [
    `wider than the range of the signal \`${id}\`, ${low} to ${high}`,
    'values outside the signal’s range are Uncertain: do not promise them',
  ],
  unknownStates: (id: string, unknown: readonly string[], known: readonly string[]): Said => [
    `states that the signal \`${id}\` does not declare: ${unknown.join(', ')}`,
    `declared: ${known.slice(0, 20).join(', ')}`,
  ],
  noFile: (): Said => ['no file there', 'paths and patterns are relative to the configuration'],
  fileTooLarge: (): Said => [`larger than ${CONTRACT_LIMITS.fileBytes / 2 ** 20} MiB`, 'split the contract'],
  tooManyFiles: (): Said => [`more than ${CONTRACT_LIMITS.files} contracts`],
  tooManyProperties: (): Said => [
    `all contracts together have more than ${CONTRACT_LIMITS.properties} properties, or more than ${CONTRACT_LIMITS.patterns} patterns`,
    'one pattern may stand for many signals',
  ],
}

const fr: ContractWords = {
  olderVersion: (found) => [
    `écrit pour ${found} de la norme`,
    'lu comme v3.1.0 ; mettez `apiVersion: v3.1.0` quand ses auteurs en sont d’accord',
  ],
  noOtOwner: () => ['pas de `otOwner` : personne ne répond de ces données du côté des installations', 'ajoutez-le à `customProperties`'],
  noItOwner: () => [
    'pas de `itOwner` : personne ne répond de ces données du côté de ceux qui s’en servent',
    'ajoutez-le à `customProperties`',
  ],
  noForbiddenUses: () => [
    'pas de `forbiddenUses` : le contrat ne dit pas à quoi ces données ne doivent pas servir',
    'ajoutez-le à `customProperties` ; `[]` dit qu’il n’y en a aucun',
  ],
  status: (known) => ['état inconnu : le contrat n’est pas appliqué', `l’un de ${known} ; active et deprecated sont appliqués`],
  fieldName: (near) => ['personne ne lit ce nom', `vouliez-vous dire \`${near}\` ?`],
  option: (name, type, known) => [
    `\`${name}\` n’est pas une option du type ${type}`,
    known ? `ses options : ${known}` : 'ce type n’a pas d’option',
  ],
  noTime: () => [
    'n’est pas une durée : l’engagement n’est pas appliqué',
    'donnez un nombre dans `value` et ms, s, min, h, d ou y dans `unit`',
  ],
  unknownElement: (name) => [
    `le schéma n’a pas d’élément \`${name}\` : l’engagement n’est pas appliqué`,
    'un élément est `objet` ou `objet.propriété` ; aucun désigne tout le contrat',
  ],
  check: (why, name) => [
    {
      type: `un contrôle de type \`${name}\` n’est pas exécuté : il est gardé pour ceux qui l’exécutent`,
      metric: `la mesure \`${name}\` ne peut pas être tenue au fil des données : le contrôle n’est pas exécuté`,
      operator: `\`${name}\` ne peut pas être tenu au fil des données, ou n’a pas de nombre : le contrôle n’est pas exécuté`,
      argument: `l’argument \`${name}\` manque, ou ne veut rien dire ici : le contrôle n’est pas exécuté`,
      unit: `l’unité \`${name}\` ne veut rien dire ici : le contrôle n’est pas exécuté`,
    }[why],
    `sont tenus ${CONTRACT_METRICS.join(', ')} d’une propriété, en rows ou percent, avec mustBe, mustBeBetween et les limites`,
  ],
  checkOfObject: (name) => [
    `\`${name}\` est demandé d’un objet entier, qui n’a pas de lignes au fil des données : le contrôle n’est pas exécuté`,
    'écrivez-le sur une propriété',
  ],
  duplicateCheck: (name) => [`le contrôle \`${name}\` est déjà donné`, 'donnez à chacun son `name`'],
  tooManyChecks: () => [`plus de ${CONTRACT_LIMITS.checks} contrôles dans l’ensemble des contrats`],
  emptyRange: () => ['la limite basse dépasse la limite haute : aucune valeur ne peut convenir'],
  duplicateContract: (id, where) => [`le contrat \`${id}\` est déjà donné à ${where}`, 'donnez à chaque contrat son identifiant'],
  duplicateProperty: (name) => [`la propriété \`${name}\` est déjà donnée`, 'les noms sont uniques dans leur objet'],
  badPattern: () => ['motif illisible', 'employez * dans un segment et ** sur plusieurs, par exemple baggage/*/motor/current'],
  unknownSignal: (signal, pattern) => [
    pattern ? `le motif \`${signal}\` ne désigne aucun signal` : `il n’y a pas de signal \`${signal}\``,
    'un identifiant s’écrit comme dans la configuration, sans le nom du site',
  ],
  signalWithoutUnit: (id, unit) => [
    `le signal \`${id}\` ne déclare pas d’unité, le contrat promet \`${unit}\``,
    'déclarez `unit` sur le signal, pour que les deux se comparent',
  ],
  otherUnit: (id, unit, promised) => [
    `le signal \`${id}\` est en \`${unit}\`, le contrat promet \`${promised}\``,
    'l’un des deux se trompe ; une valeur n’est jamais convertie en silence',
  ],
  wider: (id, low, high) => [
    `plus large que la plage du signal \`${id}\`, de ${low} à ${high}`,
    'hors de la plage du signal une valeur est Uncertain : ne la promettez pas',
  ],
  unknownStates: (id, unknown, known) => [
    `états que le signal \`${id}\` ne déclare pas : ${unknown.join(', ')}`,
    `déclarés : ${known.slice(0, 20).join(', ')}`,
  ],
  noFile: () => ['aucun fichier à cet endroit', 'chemins et motifs sont relatifs à la configuration'],
  fileTooLarge: () => [`dépasse ${CONTRACT_LIMITS.fileBytes / 2 ** 20} Mio`, 'partagez le contrat'],
  tooManyFiles: () => [`plus de ${CONTRACT_LIMITS.files} contrats`],
  tooManyProperties: () => [
    `l’ensemble des contrats dépasse ${CONTRACT_LIMITS.properties} propriétés, ou ${CONTRACT_LIMITS.patterns} motifs`,
    'un seul motif peut désigner de nombreux signaux',
  ],
}

export const contractWords: Readonly<Record<'fr' | 'en', ContractWords>> = { fr, en }
