import { CONFIG_LIMITS } from '../limits.ts'
import type { Wording } from '../places.ts'
import type { ConfigWords } from '../words.ts'
import { expressionInFrench } from './expressions.ts'
import { policyInFrench } from './policy.ts'
import { saidInFrench } from './said-in-french.ts'
import { mebibytes } from './sizes.ts'

export const fr: ConfigWords = {
  said: saidInFrench,
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
  durationForm: () => ['une durée est un nombre avec us, ms, s, min, h ou d, par exemple 500ms'],
  sizeForm: () => ['une taille est un nombre avec B, KiB, MiB, GiB, TiB, kB, MB, GB ou TB, par exemple 64MiB'],
  badNetwork: () => ['ni une adresse ni un réseau', 'par exemple 127.0.0.1 ou 10.0.0.0/8'],
  upToDay: () => ['au plus 24h', 'ce qui est plus loin se demande autrement, par exemple par un indicateur par jour'],
  badPeriod: () => [
    'n’est pas une période : `hour`, `day` ou `{ record: TYPE }`',
    'pour des semaines, des mois ou des postes, déclarez-les comme un type sous `records:`, et écrivez `per: { record: weeks }`',
  ],
  badZone: () => ['fuseau horaire inconnu', 'un nom de la liste IANA, par exemple Europe/Paris ; pas une abréviation comme CET'],
  httpsOnly: () => ['n’est pas chiffré', 'https://… ; http seulement pour un fournisseur sur cette machine'],
  noNotice: () => ['ne dit rien', 'donnez son texte dans en, fr ou les deux'],
  badLife: () => ['est trop court ou trop long', 'idle : de 1min à 24h ; longest : de 5min à 30d'],
  builtInRole: () => ['`administrator` existe toujours et ne se déclare pas', 'donnez-lui un autre nom'],
  roleZone: (zone, near, known) => [
    `il n’y a pas de zone \`${zone}\``,
    near
      ? `vouliez-vous dire \`${near}\` ?`
      : known
        ? `sont déclarées : ${known} ; "*" est toute zone`
        : 'aucune zone n’est déclarée : écrivez "*"',
  ],
  unknownRole: (role, near, known) => [
    `il n’y a pas de rôle \`${role}\``,
    near ? `vouliez-vous dire \`${near}\` ?` : `sont déclarés : ${known}`,
  ],
  badAddress: () => ['une adresse s’écrit `hôte:port`', 'par exemple `hub.usine.example:8490`, `10.0.0.5:8490` ou `[fd00::5]:8490`'],
  linkFiles: () => [
    '`ca`, `certificate` et `key` se donnent ensemble, ou pas du tout',
    'avec les trois, les certificats viennent de votre propre autorité ; sans eux, de celle du hub',
  ],
  diodeKey: () => [
    'la clé d’une liaison à sens unique : 32 octets aléatoires en base64',
    '`openssl rand -base64 32` en fait une ; les deux côtés reçoivent la même',
  ],
  diodeSender: (key) => [
    `un émetteur à sens unique a besoin de \`${key}\``,
    'personne ne répond : il faut lui dire où émettre, et avec quelle clé',
  ],
  diodeReceiver: () => [
    'un récepteur à sens unique a besoin de `diode.senders` : sans cela, il ne prend de personne',
    'une entrée par émetteur : `{ sender: 1, node: cell-3, key: "${env:DIODE_KEY}" }`',
  ],
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
  clockUnused: (key, kind) => [
    `\`clock.${key}\` est sans effet : ${kind} n’apporte pas l’heure de l’appareil`,
    'les échantillons portent l’heure de leur lecture ; retirez-le, ou lisez l’appareil par un protocole qui donne son heure',
  ],
  noConnections: () => ['aucune connexion n’est déclarée : rien ne sera collecté', 'ajoutez-en une sous `connections:`'],
  httpExposed: () => [
    'la surface HTTP sera joignable depuis d’autres machines, sans chiffrement',
    'donnez-lui un certificat (`http.tls`), ou gardez 127.0.0.1 et placez devant un mandataire TLS, sauf si le réseau est de confiance',
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
  badField: () => [
    'le nom d’un champ ou d’un type d’enregistrement est fait de lettres, de chiffres et de _, et commence par une lettre ou _ ; 64 caractères au plus',
    'il figure dans des expressions ; le nom que lui donne la source va dans `map`',
  ],
  unknownField: (field, near) => [
    `ce type d’enregistrement n’a pas de champ \`${field}\``,
    near ? `vouliez-vous dire \`${near}\` ?` : 'ses champs sont ceux de `fields:`',
  ],
  fieldType: (field, is, must) => [
    `\`${field}\` est de type ${is}, il faut ici ${must}`,
    `donnez au champ \`type: ${must}\`, ou nommez-en un autre`,
  ],
  unknownSource: (source, kind, near) => [
    `aucune connexion \`${source}\` n’apporte d’enregistrements du type \`${kind}\``,
    near ? `vouliez-vous dire \`${near}\` ?` : 'une connexion le fait par `records: [{ record: ... }]`',
  ],
  unknownRecord: (kind, near) => [
    `aucun type d’enregistrement \`${kind}\` n’est déclaré`,
    near ? `vouliez-vous dire \`${near}\` ?` : 'les types se déclarent sous `records:`, à côté de `connections:`',
  ],
  noTolerance: () => [
    'il n’est pas dit de combien les heures peuvent différer en restant les mêmes',
    'donnez `tolerance:`, par exemple 2s : les horloges des machines et de l’informatique ne sont jamais d’accord, et personne ne peut deviner de combien',
  ],
  noToleranceOfClocks: () => [
    'les mesures d’un appareil dont l’horloge est mesurée rendront cet indicateur incertain (`clock-uncertainty`) : aucune horloge ne concorde à 0 s près',
    'lui donner une `tolerance:`, par exemple 2s : de combien deux moments peuvent différer et compter pour le même',
  ],
  mayBeCounter: (id) => [
    `nul ne dit si \`${id}\` ne fait que croître : où il retombe, la différence est incertaine (\`may-have-reset\`), car ce peut être un compteur remis à zéro`,
    'déclarez le signal `counter: {}` (par-dessus une remise à zéro il n’y a alors pas de différence), ou `mayFall: true` s’il est dans sa nature de baisser',
  ],
  noInterval: () => ['ce type d’enregistrement ne dit pas quand il est valable', 'donnez-lui sa `validity:` sous `records:`'],
  recordNeedsPlace: () => [
    'ce type d’enregistrement ne dit pas de quel équipement il s’agit',
    'donnez-lui son `equipment:` sous `records:`',
  ],
  placeNeeded: () => [
    'un signal qui commence par ./ doit savoir de quel équipement il s’agit',
    'nommez `equipment:` ici, ou son champ sous `records:` ; ou écrivez l’identifiant entier',
  ],
  noFormula: () => ['l’indicateur n’a pas de formule', 'donnez-lui `formula:`, ou `ready:` avec un indicateur déjà défini'],
  duplicateName: () => [
    'autre chose porte déjà ce nom',
    'types d’enregistrement, événements, corrélations et indicateurs partagent leurs noms : chacun nomme ses faits',
  ],
  refusedTooSoon: () => [
    'plus strict que la même limite sous `care`',
    'ce qui est refusé est au-delà de ce qui demande de la prudence : couverture plus basse, statut pire, durée plus longue',
  ],
  badReasonPattern: () => [
    'n’est pas un motif lisible',
    'les raisons sont des mots comme spike@1 ou clock-offset ; les motifs sont `*`, `?`, `[a-c]`, `{a,b}`, par exemple spike@*',
  ],
  sameUseName: (other) => [
    `l’usage \`${other}\` porte le même nom`,
    'les contrats nomment les usages par identifiant, libellé ou `names` : chacun désigne un seul usage',
  ],
  missingInput: (name, meaning, unit) => [`l’entrée \`${name}\` manque`, `elle signifie : ${meaning.fr}, en \`${unit}\``],
  inputUnit: (name, found, must) => [
    `l’entrée \`${name}\` arrive ${found === undefined ? 'sans unité' : `en \`${found}\``} et ne peut pas être convertie en \`${must}\``,
    'déclarez l’unité du signal (`unit:` du signal ou de son modèle), ou prenez un autre signal',
  ],
  mixedUnits: (found) => [`les lieux ont ce signal dans des unités différentes : ${found}`, 'dites avec `unit:` en laquelle les convertir'],
  unknownEvent: (name, near) => [
    `aucun événement ni type d’enregistrement \`${name}\` n’est déclaré`,
    near
      ? `vouliez-vous dire \`${near}\` ?`
      : 'les types se déclarent sous `records:`, les événements sous `events:` ; corrélations et indicateurs ont des faits à leurs noms',
  ],
  snapshotTwice: (kind) => [
    `deux flux de cette connexion apportent tous les enregistrements du type \`${kind}\` : chacun supprimerait ceux de l’autre`,
    'faites-en une seule requête, deux connexions, ou des flux de changements avec un `cursor`',
  ],
  noAliases: (system, near) => [
    `aucun équipement n’a d’alias du système \`${system}\``,
    near
      ? `vouliez-vous dire \`${near}\` ?`
      : 'd’ici là, chacun de ses noms est un équipement inconnu : `equipment: CHEMIN: aliases: [{ system, name }]`',
  ],
  noPlaces: () => [
    'aucun équipement déclaré n’a un tel chemin : il n’y aura jamais de résultat',
    'des chemins sous le site, tels que les déclare `equipment:` : `packaging/*`',
  ],
  aliasTwice: (name, system, other) => [
    `\`${name}\` du système \`${system}\` est aussi \`${other}\`, au même moment`,
    'les enregistrements seraient pris pour ceux de l’un des deux : donnez chaque nom à un seul lieu, ou aux deux des périodes (`from`, `to`) qui ne se recouvrent pas',
  ],
  tooMany: (limit) => [`plus de ${limit} de ces déclarations`, 'ce que beaucoup de signaux ont en commun va dans un seul modèle'],
  tooManyRules: (limit) => [
    `plus de ${limit} règles nomment ce signal`,
    'un signal qui en demande autant est plusieurs signaux, ou ses règles se répètent',
  ],
  madeTwice: (id) => [
    `le signal \`${id}\` est déjà déclaré`,
    'ce qui est calculé est un signal à part : donnez-lui son propre identifiant',
  ],
  eventTwice: (id) => [`des événements nommés \`${id}\` sont déjà déclarés`, 'donnez à chaque sorte d’événement son propre nom'],
  derivedCycle: (id) => [
    `\`${id}\` est fait de lui-même, directement ou par d’autres`,
    'un signal peut être fait d’autres signaux, jamais de ce qui est fait de lui',
  ],
  badGlob: () => [
    'n’est pas un motif lisible',
    'les motifs sont `*` dans un segment, `**` sur plusieurs, `?`, `[a-c]`, `{a,b}`, par exemple baggage/carousel-*',
  ],
  noEquipment: () => [
    'aucun équipement ainsi désigné n’a tous les signaux nommés ici',
    'les identifiants sont relatifs à l’équipement : avec `baggage/carousel-*`, `motor/current` est baggage/carousel-1/motor/current',
  ],
  toleranceMissing: () => [
    'rien ne dit combien de temps vaut une lecture de ce signal',
    'donnez `tolerance` ici, ou `expectedPeriod` là où le signal est déclaré',
  ],
  badWindow: () => [
    'une fenêtre a une durée, et commence au plus 100 fois pendant celle-ci',
    'par exemple `{ tumbling: 1min }`, `{ sliding: 10min, every: 1min }`',
  ],
  ...policyInFrench,
  badInput: () => [
    'un nom dans une expression est fait de lettres sans accent, de chiffres et de _',
    'par exemple `current`, `motor_speed`',
  ],
  badEvent: () => [
    'un nom d’événements est fait de lettres, de chiffres, de _ et de - ; au plus 64 caractères',
    'par exemple `carousel-jam`',
  ],
  countInputs: () => ['il faut 1 à 32 entrées', 'calculez une partie comme un signal dérivé à part'],
  countStates: () => ['il faut 1 à 64 états'],
  countAttributes: () => ['il peut y avoir 32 attributs'],
  /** A mistake inside an expression, with its place there. */
  expression: expressionInFrench,
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
