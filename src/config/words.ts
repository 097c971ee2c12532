import type { NotConvertible } from '../core/units/index.ts'
import { CONFIG_LIMITS } from './limits.ts'
import type { Wording } from './places.ts'

export type Language = 'fr' | 'en'

/** Every sentence `lint` can say, in one language. None of them repeats a value of the file: it might be a secret. */
export type ConfigWords = typeof en

const mebibytes = (bytes: number): string => `${bytes / 2 ** 20} MiB`

const en = {
  fileMissing: (): Wording => [
    'there is no such file or directory',
    'give the path of a YAML file, or of a directory of YAML files; `ecluse demo` shows a complete one',
  ],
  fileUnreadable: (why: string): Wording => [
    `cannot be read: ${why}`,
    'check the permissions of the file for the account that runs ecluse',
  ],
  noFiles: (): Wording => ['the directory holds no .yaml or .yml file', 'sub-directories are not searched'],
  tooManyFiles: (): Wording => [
    `more than ${CONFIG_LIMITS.files} YAML files in one directory`,
    'give the path of the directory that holds the configuration alone',
  ],
  fileTooLarge: (): Wording => [`larger than ${mebibytes(CONFIG_LIMITS.fileBytes)}`, 'split it into several files in one directory'],
  encoding: (): Wording => ['not UTF-8 text', 'save the file as UTF-8'],
  empty: (): Wording => ['the file is empty', 'a configuration begins with `version: 1` and `site:`'],
  rootNotMap: (): Wording => ['the file must hold `key: value` lines', 'a configuration begins with `version: 1` and `site:`'],
  syntax: (kind: string): Wording => {
    const known: Record<string, Wording> = {
      BAD_INDENT: [
        'lines that belong together must begin at the same column',
        'check the spaces at the start of this line and of the one above',
      ],
      TAB_AS_INDENT: ['a tab cannot indent YAML', 'use spaces'],
      MISSING_CHAR: ['a quote, bracket, comma or colon is missing', 'look at the end of the line before'],
      UNEXPECTED_TOKEN: ['something stands here that YAML does not expect', 'quote texts that contain : # { } [ ] , & * ! | > % @'],
      BAD_DQ_ESCAPE: ['unknown escape after \\ in a double-quoted text', "write '...' with single quotes, where \\ is just a character"],
      BAD_ALIAS: ['an alias (`*name`) without its anchor (`&name`)', 'quote the text when it is meant to begin with * or &'],
      MULTIPLE_DOCS: ['more than one document (`---`) in one file', 'one file is one document; split it into files of one directory'],
      TAG_RESOLVE_FAILED: ['YAML tags (`!name`) are not used here', 'quote the text when it is meant to begin with !'],
      MULTILINE_IMPLICIT_KEY: ['a key must stand on one line', 'is the colon after the key missing on the line above?'],
      BLOCK_AS_IMPLICIT_KEY: [
        'two `key: value` on one line',
        'is the next line indented further than this one? A text that contains a colon and a space needs quotes',
      ],
    }
    return known[kind] ?? ['not valid YAML', 'check indentation, quotes and brackets around this place']
  },
  syntaxReference: (): Wording => ['inside { } or [ ] a reference needs quotes', 'write "${env:NAME}" with the quotes'],
  tooDeep: (): Wording => [`more than ${CONFIG_LIMITS.depth} maps and lists inside one another`],
  tooManyAliases: (): Wording => [
    `aliases (\`*name\`) expand to more than ${CONFIG_LIMITS.aliasedNodes} values`,
    'write the values out, or split the file',
  ],
  tooManyNodes: (): Wording => [`more than ${CONFIG_LIMITS.nodes} values in one file`, 'split it into several files in one directory'],
  duplicateKey: (key: string, line: string): Wording => [`\`${key}\` is already given at line ${line}`, 'keep one of the two'],
  keyRefused: (): Wording => ['a key must be a plain word', 'quote it if it is meant to be text'],
  mergeConflict: (key: string, where: string): Wording => [
    `\`${key}\` is already given in ${where}`,
    'files of one directory may add keys to the same map, but give each value once',
  ],
  unknownKey: (key: string, near: string | undefined, known: string): Wording => [
    `unknown key \`${key}\``,
    near ? `did you mean \`${near}\`?` : known ? `known keys here: ${known}` : 'no key is allowed here',
  ],
  missingKey: (key: string): Wording => [`\`${key}\` is missing`],
  wrongType: (expected: string, found: string): Wording => [`expected ${expected}, found ${found}`],
  quoteHint: (): string => 'put it in quotes to make it a text',
  unquoteHint: (): string => 'write it without quotes',
  oneOf: (values: string, near: string | undefined): Wording => [
    `must be one of ${values}`,
    near ? `did you mean \`${near}\`?` : undefined,
  ],
  tooSmall: (minimum: string, what: string): Wording => [`must be ${what} ${minimum} or more`],
  tooBig: (maximum: string, what: string): Wording => [`must be ${what} ${maximum} or less`],
  badFormat: (format: string): Wording => [`is not a valid ${format}`],
  badValue: (): Wording => ['is not a valid value'],
  version: (): Wording => ['`version` must be 1', 'the first line of a configuration is `version: 1`'],
  badName: (): Wording => [
    'a name is letters, digits and _ . : -, and begins with a letter, a digit or _; at most 64 characters',
    'e.g. `plc-3`; text for people goes in `label`',
  ],
  badZone: (): Wording => ['nobody knows this time zone', 'a name of the IANA list, e.g. Europe/Paris; not an abbreviation such as CET'],
  kindMissing: (known: string): Wording => ['`kind` is missing', `say which system this connection speaks with: ${known}`],
  unknownKind: (kind: string, near: string | undefined, known: string): Wording => [
    `unknown kind \`${kind}\``,
    near ? `did you mean \`${near}\`? (known: ${known})` : `known kinds: ${known}`,
  ],
  secretLiteral: (key: string): Wording => [
    `\`${key}\` is a secret and may not be written in the file`,
    'write ${env:NAME} or ${file:/run/secrets/name}, and change the secret if this file was shared',
  ],
  secretInAddress: (): Wording => [
    'an address may not hold a user and a password',
    'give them in their own keys, the password as ${env:NAME} or ${file:/path}; change the password if this file was shared',
  ],
  reference: (): Wording => ['only ${env:NAME} and ${file:/path} may stand in ${...}', 'write $${ for a text that really contains ${'],
  envMissing: (name: string): Wording => [`the environment variable ${name} is not set`, `set it before starting: ${name}=... ecluse run`],
  secretFile: (path: string, why: string): Wording => [
    `cannot read ${path}: ${why}`,
    'check that the file is there and readable by the account that runs ecluse',
  ],
  secretFileSize: (path: string): Wording => [
    `${path} is larger than ${CONFIG_LIMITS.secretBytes / 1024} KiB`,
    'a secret file holds the secret alone',
  ],
  unitUnknown: (near: string | undefined): Wording => [
    'nobody knows this unit',
    near
      ? `did you mean \`${near}\`?`
      : 'write a UCUM code (`m3/h`, `Cel`, `kW.h`); what is only counted goes in braces (`{bag}`, `{bag}/h`)',
  ],
  unitDimension: (why: NotConvertible['why']): Wording => [
    '`unit` cannot be converted into `displayUnit`',
    {
      dimension: 'they do not measure the same thing',
      gauge: 'a gauge pressure is over the pressure of the air, which is not known; show both as gauge or both as absolute',
      'reference-state':
        'a gas volume at normal or standard conditions is another at its own pressure and temperature, which are not known',
      'power-kind': 'active, reactive and apparent power differ by a power factor, which is not known',
    }[why],
  ],
  duplicateSignal: (id: string, where: string): Wording => [
    `the signal \`${id}\` is already declared at ${where}`,
    'an id names one signal of the site; give each its own',
  ],
  silenceOrder: (): Wording => [
    '`uncertainAfter` must be shorter than `badAfter`',
    'a silent source is first Uncertain (last usable value), then Bad (no communication)',
  ],
  noConnections: (): Wording => ['no connection is declared: nothing will be collected', 'add one under `connections:`'],
  httpExposed: (): Wording => [
    'the HTTP surface will be reachable from other machines, without encryption',
    'keep 127.0.0.1 and put a TLS reverse proxy in front, unless the network is trusted',
  ],
  edgeExposed: (): Wording => [
    'an edge opens no port to other machines, its own page included',
    'leave `http.host` at 127.0.0.1: what an edge has is seen at the hub; on its own machine, through an SSH tunnel',
  ],
  relayConnections: (): Wording => [
    'a relay only passes on what other nodes send: it has no connections of its own',
    'move them to an edge, or give this node `role: edge`',
  ],
  unknownModel: (name: string, near: string | undefined, known: string): Wording => [
    `there is no model \`${name}\``,
    near ? `did you mean \`${near}\`?` : known ? `models here: ${known}` : 'declare it under `models:`',
  ],
  unknownState: (name: string, near: string | undefined, known: string): Wording => [
    `\`${name}\` is no declared state`,
    near ? `did you mean \`${near}\`?` : `declared states: ${known}`,
  ],
  rangeContradicts: (range: string, instrument: string): Wording => [
    `the range ${range} reaches outside what the instrument can measure (${instrument})`,
    'narrow `range`, or correct `instrumentRange`; both are in the unit of the signal',
  ],
  unknownSignal: (id: string, near: string | undefined, isCertain: boolean): Wording => [
    isCertain ? `no signal \`${id}\` is declared` : `no signal \`${id}\` is named in the file; it may be found at a device`,
    near ? `did you mean \`${near}\`?` : 'ids here are under the site, without its name in front',
  ],
  cycle: (id: string): Wording => [
    `\`${id}\` is a part of itself: the balances go round in a circle`,
    'a total may be a part of a larger total, never of its own parts',
  ],
  tooMany: (limit: number): Wording => [`more than ${limit} of these`, 'what many signals have in common goes into one model'],
  tooManyRules: (limit: number): Wording => [
    `more than ${limit} rules name this signal`,
    'a signal that needs so many is several signals, or its rules say the same several times',
  ],
  text: (): string => 'a text',
  number: (): string => 'a number',
  wholeNumber: (): string => 'a whole number',
  boolean: (): string => 'true or false',
  map: (): string => 'a map (`key: value` lines)',
  list: (): string => 'a list (`- item` lines)',
  nothing: (): string => 'nothing',
  or: (): string => ' or ',
  length: (): string => 'a length of',
  items: (): string => 'a number of items of',
  value: (): string => 'a number of',
}

const fr: ConfigWords = {
  fileMissing: () => [
    'ce fichier ou ce dossier n’existe pas',
    'donnez le chemin d’un fichier YAML, ou d’un dossier de fichiers YAML ; `ecluse demo` en montre un complet',
  ],
  fileUnreadable: (why) => [`lecture impossible : ${why}`, 'vérifiez les droits du compte qui lance ecluse sur ce fichier'],
  noFiles: () => ['le dossier ne contient aucun fichier .yaml ou .yml', 'les sous-dossiers ne sont pas parcourus'],
  tooManyFiles: () => [
    `plus de ${CONFIG_LIMITS.files} fichiers YAML dans un dossier`,
    'donnez le chemin du dossier qui ne contient que la configuration',
  ],
  fileTooLarge: () => [`plus grand que ${mebibytes(CONFIG_LIMITS.fileBytes)}`, 'répartissez-le en plusieurs fichiers dans un même dossier'],
  encoding: () => ['ce n’est pas du texte UTF-8', 'enregistrez le fichier en UTF-8'],
  empty: () => ['le fichier est vide', 'une configuration commence par `version: 1` et `site:`'],
  rootNotMap: () => ['le fichier doit contenir des lignes `clé: valeur`', 'une configuration commence par `version: 1` et `site:`'],
  syntax: (kind) => {
    const known: Record<string, Wording> = {
      BAD_INDENT: [
        'les lignes d’un même ensemble doivent commencer à la même colonne',
        'vérifiez les espaces au début de cette ligne et de la précédente',
      ],
      TAB_AS_INDENT: ['une tabulation ne peut pas décaler du YAML', 'utilisez des espaces'],
      MISSING_CHAR: ['il manque un guillemet, un crochet, une virgule ou un deux-points', 'regardez la fin de la ligne précédente'],
      UNEXPECTED_TOKEN: [
        'ce qui est écrit ici n’est pas attendu par YAML',
        'mettez entre guillemets les textes contenant : # { } [ ] , & * ! | > % @',
      ],
      BAD_DQ_ESCAPE: [
        'échappement inconnu après \\ dans un texte entre guillemets doubles',
        "écrivez '...' avec des apostrophes, où \\ est un simple caractère",
      ],
      BAD_ALIAS: ['un alias (`*nom`) sans son ancre (`&nom`)', 'mettez le texte entre guillemets s’il doit commencer par * ou &'],
      MULTIPLE_DOCS: [
        'plusieurs documents (`---`) dans un fichier',
        'un fichier est un document ; répartissez-les en fichiers d’un même dossier',
      ],
      TAG_RESOLVE_FAILED: [
        'les étiquettes YAML (`!nom`) ne sont pas utilisées ici',
        'mettez le texte entre guillemets s’il doit commencer par !',
      ],
      MULTILINE_IMPLICIT_KEY: ['une clé doit tenir sur une ligne', 'manque-t-il le deux-points après la clé, à la ligne précédente ?'],
      BLOCK_AS_IMPLICIT_KEY: [
        'deux `clé: valeur` sur une ligne',
        'la ligne suivante est-elle décalée plus loin que celle-ci ? Un texte contenant un deux-points suivi d’une espace veut des guillemets',
      ],
    }
    return known[kind] ?? ['YAML incorrect', 'vérifiez les décalages, les guillemets et les crochets autour de cet endroit']
  },
  syntaxReference: () => ['entre { } ou [ ], une référence doit être entre guillemets', 'écrivez "${env:NOM}" avec les guillemets'],
  tooDeep: () => [`plus de ${CONFIG_LIMITS.depth} ensembles emboîtés`],
  tooManyAliases: () => [
    `les alias (\`*nom\`) produisent plus de ${CONFIG_LIMITS.aliasedNodes} valeurs`,
    'écrivez les valeurs en toutes lettres, ou répartissez le fichier',
  ],
  tooManyNodes: () => [
    `plus de ${CONFIG_LIMITS.nodes} valeurs dans un fichier`,
    'répartissez-le en plusieurs fichiers dans un même dossier',
  ],
  duplicateKey: (key, line) => [`\`${key}\` est déjà donné à la ligne ${line}`, 'gardez l’un des deux'],
  keyRefused: () => ['une clé doit être un simple mot', 'mettez-la entre guillemets si c’est bien un texte'],
  mergeConflict: (key, where) => [
    `\`${key}\` est déjà donné dans ${where}`,
    'les fichiers d’un dossier peuvent compléter un même ensemble, mais chaque valeur n’est donnée qu’une fois',
  ],
  unknownKey: (key, near, known) => [
    `clé inconnue \`${key}\``,
    near ? `vouliez-vous dire \`${near}\` ?` : known ? `clés connues ici : ${known}` : 'aucune clé n’est permise ici',
  ],
  missingKey: (key) => [`\`${key}\` manque`],
  wrongType: (expected, found) => [`${expected} est attendu, et non ${found}`],
  quoteHint: () => 'mettez des guillemets pour en faire un texte',
  unquoteHint: () => 'écrivez-le sans guillemets',
  oneOf: (values, near) => [`doit être parmi ${values}`, near ? `vouliez-vous dire \`${near}\` ?` : undefined],
  tooSmall: (minimum, what) => [`doit être ${what} ${minimum} ou plus`],
  tooBig: (maximum, what) => [`doit être ${what} ${maximum} ou moins`],
  badFormat: (format) => [`n’est pas un(e) ${format} valide`],
  badValue: () => ['n’est pas une valeur valide'],
  version: () => ['`version` doit être 1', 'la première ligne d’une configuration est `version: 1`'],
  badName: () => [
    'un nom est fait de lettres, de chiffres et de _ . : -, et commence par une lettre, un chiffre ou _ ; 64 caractères au plus',
    'par exemple `plc-3` ; le texte pour les personnes va dans `label`',
  ],
  badZone: () => ['fuseau horaire inconnu', 'un nom de la liste IANA, par exemple Europe/Paris ; pas une abréviation comme CET'],
  kindMissing: (known) => ['`kind` manque', `dites avec quel système cette connexion parle : ${known}`],
  unknownKind: (kind, near, known) => [
    `\`kind\` inconnu : \`${kind}\``,
    near ? `vouliez-vous dire \`${near}\` ? (connus : ${known})` : `connus : ${known}`,
  ],
  secretLiteral: (key) => [
    `\`${key}\` est un secret et ne peut pas être écrit dans le fichier`,
    'écrivez ${env:NOM} ou ${file:/run/secrets/nom}, et changez le secret si ce fichier a été partagé',
  ],
  secretInAddress: () => [
    'une adresse ne peut pas contenir un utilisateur et un mot de passe',
    'donnez-les dans leurs propres clés, le mot de passe par ${env:NOM} ou ${file:/chemin} ; changez-le si ce fichier a été partagé',
  ],
  reference: () => [
    'seuls ${env:NOM} et ${file:/chemin} peuvent figurer dans ${...}',
    'écrivez $${ pour un texte qui contient vraiment ${',
  ],
  envMissing: (name) => [
    `la variable d’environnement ${name} n’est pas définie`,
    `définissez-la avant de démarrer : ${name}=... ecluse run`,
  ],
  secretFile: (path, why) => [
    `lecture de ${path} impossible : ${why}`,
    'vérifiez que le fichier est là, et lisible par le compte qui lance ecluse',
  ],
  secretFileSize: (path) => [`${path} dépasse ${CONFIG_LIMITS.secretBytes / 1024} Kio`, 'un fichier de secret ne contient que le secret'],
  unitUnknown: (near) => [
    'personne ne connaît cette unité',
    near
      ? `vouliez-vous dire \`${near}\` ?`
      : 'écrivez un code UCUM (`m3/h`, `Cel`, `kW.h`) ; ce que l’on compte va entre accolades (`{bagage}`, `{bagage}/h`)',
  ],
  unitDimension: (why) => [
    '`unit` ne peut pas être convertie en `displayUnit`',
    {
      dimension: 'elles ne mesurent pas la même chose',
      gauge: 'une pression relative s’ajoute à celle de l’air, qui n’est pas connue ; montrez les deux en relatif ou les deux en absolu',
      'reference-state':
        'un volume de gaz aux conditions normales ou standard en est un autre à sa pression et sa température, qui ne sont pas connues',
      'power-kind': 'puissances active, réactive et apparente diffèrent d’un facteur de puissance, qui n’est pas connu',
    }[why],
  ],
  duplicateSignal: (id, where) => [
    `le signal \`${id}\` est déjà déclaré à ${where}`,
    'un identifiant désigne un seul signal du site ; donnez à chacun le sien',
  ],
  silenceOrder: () => [
    '`uncertainAfter` doit être plus court que `badAfter`',
    'une source muette est d’abord Uncertain (dernière valeur utilisable), puis Bad (plus de communication)',
  ],
  noConnections: () => ['aucune connexion n’est déclarée : rien ne sera collecté', 'ajoutez-en une sous `connections:`'],
  httpExposed: () => [
    'la surface HTTP sera joignable depuis d’autres machines, sans chiffrement',
    'gardez 127.0.0.1 et placez devant un mandataire TLS, sauf si le réseau est de confiance',
  ],
  edgeExposed: () => [
    'un nœud `edge` n’ouvre aucun port vers d’autres machines, sa propre page comprise',
    'laissez `http.host` à 127.0.0.1 : ce qu’il a se voit au hub ; sur sa machine, par un tunnel SSH',
  ],
  relayConnections: () => [
    'un relais ne fait que transmettre ce que d’autres nœuds envoient : il n’a pas de connexions à lui',
    'déplacez-les vers un nœud `edge`, ou donnez `role: edge` à celui-ci',
  ],
  unknownModel: (name, near, known) => [
    `le modèle \`${name}\` n’existe pas`,
    near ? `vouliez-vous dire \`${near}\` ?` : known ? `modèles connus ici : ${known}` : 'déclarez-le sous `models:`',
  ],
  unknownState: (name, near, known) => [
    `\`${name}\` n’est pas un état déclaré`,
    near ? `vouliez-vous dire \`${near}\` ?` : `états déclarés : ${known}`,
  ],
  rangeContradicts: (range, instrument) => [
    `la plage ${range} dépasse ce que l’instrument peut mesurer (${instrument})`,
    'resserrez `range`, ou corrigez `instrumentRange` ; les deux sont dans l’unité du signal',
  ],
  unknownSignal: (id, near, isCertain) => [
    isCertain
      ? `aucun signal \`${id}\` n’est déclaré`
      : `aucun signal \`${id}\` n’est nommé dans le fichier ; un équipement l’offre peut-être`,
    near ? `vouliez-vous dire \`${near}\` ?` : 'les identifiants s’écrivent ici sous le site, sans son nom devant',
  ],
  cycle: (id) => [
    `\`${id}\` est une partie de lui-même : les bilans tournent en rond`,
    'un total peut être une partie d’un total plus grand, jamais de ses propres parties',
  ],
  tooMany: (limit) => [`plus de ${limit} de ces déclarations`, 'ce que beaucoup de signaux ont en commun va dans un seul modèle'],
  tooManyRules: (limit) => [
    `plus de ${limit} règles nomment ce signal`,
    'un signal qui en demande autant est plusieurs signaux, ou ses règles se répètent',
  ],
  text: () => 'un texte',
  number: () => 'un nombre',
  wholeNumber: () => 'un nombre entier',
  boolean: () => 'true ou false',
  map: () => 'un ensemble de lignes `clé: valeur`',
  list: () => 'une liste (lignes `- élément`)',
  nothing: () => 'rien',
  or: () => ' ou ',
  length: () => 'd’une longueur de',
  items: () => 'd’un nombre d’éléments de',
  value: () => 'un nombre de',
}

export const configWords: Readonly<Record<Language, ConfigWords>> = { fr, en }
