import type { SpoolRefusal } from '../../gateway/spool/inspect.ts'

/** What `ecluse spool` says. */
export const spoolEn = {
  log: (node: string, epoch: string) => `log of ${node}, begun ${epoch}`,
  segment: 'SEGMENT',
  first: 'FIRST',
  last: 'LAST',
  since: 'SINCE',
  until: 'UNTIL',
  size: 'SIZE',
  gap: (from: number, to: number, cause: string) => `records ${from} to ${to} cannot be read: ${cause}`,
  sound: (segments: number, records: number, samples: number) =>
    `${segments} segment(s), ${records} record(s), ${samples} sample(s): every checksum and every link of the chain is right`,
  unsound: (path: string, offset: number, cause: string) => `${path}, byte ${offset}: ${cause}`,
  unsoundHint:
    'a torn end is normal while the node runs; stop it and check again. Damaged records were declared as gaps and are kept aside in quarantine/. Put files that were renamed back under their names',
  noLog: (place: string) => `there is no log in ${place}`,
  noLogHint: 'name its directory, `DATA/spool`, or the configuration of its node with -c',
  noConfiguration: (why: string) => `the configuration cannot be used: ${why}`,
  noConfigurationHint: 'name it with -c; `ecluse lint` says what is wrong with it',
  whichRecords: 'which records?',
  whichRecordsHint: 'either --from N --to M, or --gaps FILE with the gaps.json of the receiving node',
  eitherOr: '--gaps says itself which records: leave --from and --to out',
  backwards: (from: number, to: number) => `--from ${from} lies behind --to ${to}`,
  nothingMissing: (node: string) => `the list names no record of ${node}`,
  nothingMissingHint: 'is this the log of another node, or is every gap closed already?',
  otherEpoch: (node: string) => `the list is of an earlier log of ${node} than the one here`,
  otherEpochHint: 'name the directory of that log, from a backup for instance',
  isThere: (path: string) => `${path} is there already; nothing was written`,
  isThereHint: 'choose another name with --out',
  cannotWrite: (path: string, why: string) => `${path} cannot be written: ${why}`,
  cannotRead: (path: string, why: string) => `${path} cannot be read: ${why}`,
  noGapList: (path: string) => `${path} is no list of gaps`,
  noGapListHint: 'take `DATA/link/gaps.json` of the receiving hub, as it is there',
  exported: (path: string, records: number, size: string) => `${path}: ${records} record(s), ${size}`,
  withheld: (records: number, reasons: readonly (readonly [string, number])[]) =>
    `${records} of them without their content, which no conduit permits: ${reasons.map(([reason, count]) => `${count} × ${reason}`).join(', ') || 'definitions'}`,
  mayNotLeave: (why: string) => `nothing of this log may be carried on: ${why}`,
  mayNotLeaveHint: '`ecluse policy explain link-out send ZONE` says which line decides',
  broken: {
    'other-node': (place: string, owner: string) => [
      `${place} is the spool of node ${owner}`,
      'give each node a `data:` directory of its own, or this one its old name (`node.id`) again',
    ],
    format: (place: string) => [
      `${place} was written in another format version; nothing was changed`,
      'use the program version that wrote it, or another directory',
    ],
    'chain-lost': (place: string) => [
      `${place}: the chain of its newest segment is lost`,
      'move the directory aside and start again: a new log begins, and what is missing is declared',
    ],
    'no-epoch': (place: string) => [`${place}: no segment says which log it belongs to`, 'move it aside and start again'],
    'two-epochs': (place: string) => [
      `${place}: segments of two logs are mixed`,
      'were two backups put back into one directory? Move the segments of one of them aside',
    ],
  } as Record<SpoolRefusal, (place: string, owner: string) => [message: string, hint: string]>,
  refused: {
    'not-records': (path: string) => `${path} is no file of records; nothing was handed over`,
    damaged: (path: string) => `${path} is damaged; nothing was handed over`,
    'chain-broken': (path: string) => `records in ${path} were changed; nothing was handed over`,
    foreign: (path: string) => `${path} is of another log; nothing was handed over`,
  },
  laid: (records: number, node: string, path: string) => `${records} record(s) of ${node} handed over: ${path}`,
  noReceiver: (node: string) => `${node} takes in no files of records: it does not receive one way; nothing was handed over`,
  noReceiverHint: 'name the configuration of the receiving hub with -c. Over TLS nothing has to be carried: the link sends what is missing',
  laidHint: 'The node does not run: it takes in those that it lacks as soon as it does, and moves the file to done/ or refused/.',
  taken: (filled: number) => (filled > 0 ? `taken in: ${filled} record(s) that were missing here` : 'nothing in it is missing here'),
  noSender: (node: string) => `no sender here is ${node}, and nothing of it is missing: is it the right file, and the right hub?`,
  waits: 'Not taken in yet: it waits until what follows its gap is here. When it is refused, `ecluse status` says so.',
  refusedThere: (path: string, why: string) => `the node refused ${path}: ${why}`,
}

/** Why records cannot be read, as the log says it. */
const CAUSES: Readonly<Record<string, string>> = {
  overflow: 'file pleine',
  age: 'trop anciens pour la file',
  'torn-tail': 'fin déchirée',
  'no longer kept': 'plus gardés',
  'not written yet': 'pas encore écrits',
  corrupt: 'abîmés',
  'corrupt record': 'enregistrement abîmé',
  'segment header': 'en-tête du segment abîmé',
  'segment file missing': 'fichier du segment absent',
  'segment does not follow the one before it': 'le segment ne suit pas le précédent',
  'segment is not chained to the one before it': 'le segment n’est pas enchaîné au précédent',
  'torn tail, or damage in the last record': 'fin déchirée, ou dernier enregistrement abîmé',
  'record whose predecessor is damaged': 'enregistrement dont le précédent est abîmé',
  'no header and no valid record': 'ni en-tête ni enregistrement valable',
}

const inFrench = (cause: string): string =>
  CAUSES[cause] ?? cause.replace(/^segment (\d+) under another name$/, 'segment $1 sous un autre nom')

export const spoolFr: typeof spoolEn = {
  log: (node, epoch) => `journal de ${node}, commencé le ${epoch}`,
  segment: 'SEGMENT',
  first: 'PREMIER',
  last: 'DERNIER',
  since: 'DEPUIS',
  until: 'JUSQU’À',
  size: 'TAILLE',
  gap: (from, to, cause) => `enregistrements ${from} à ${to} illisibles : ${inFrench(cause)}`,
  sound: (segments, records, samples) =>
    `${segments} segment(s), ${records} enregistrement(s), ${samples} échantillon(s) : toutes les sommes et tous les maillons de la chaîne sont justes`,
  unsound: (path, offset, cause) => `${path}, octet ${offset} : ${inFrench(cause)}`,
  unsoundHint:
    'une fin déchirée est normale tant que le nœud tourne ; arrêtez-le et vérifiez encore. Les enregistrements abîmés ont été déclarés comme trous et sont gardés dans quarantine/. Rendez leur nom aux fichiers renommés',
  noLog: (place) => `il n’y a pas de journal dans ${place}`,
  noLogHint: 'donnez son dossier, `DATA/spool`, ou la configuration de son nœud avec -c',
  noConfiguration: (why) => `la configuration n’est pas utilisable : ${why}`,
  noConfigurationHint: 'donnez-la avec -c ; `ecluse lint` dit ce qui n’y va pas',
  whichRecords: 'quels enregistrements ?',
  whichRecordsHint: 'soit --from N --to M, soit --gaps FICHIER avec le gaps.json du nœud récepteur',
  eitherOr: '--gaps dit déjà quels enregistrements : retirez --from et --to',
  backwards: (from, to) => `--from ${from} est derrière --to ${to}`,
  nothingMissing: (node) => `la liste ne nomme aucun enregistrement de ${node}`,
  nothingMissingHint: 'est-ce le journal d’un autre nœud, ou tous les trous sont-ils déjà comblés ?',
  otherEpoch: (node) => `la liste est d’un journal de ${node} plus ancien que celui-ci`,
  otherEpochHint: 'donnez le dossier de ce journal, d’une sauvegarde par exemple',
  isThere: (path) => `${path} existe déjà ; rien n’a été écrit`,
  isThereHint: 'choisissez un autre nom avec --out',
  cannotWrite: (path, why) => `impossible d’écrire ${path} : ${why}`,
  cannotRead: (path, why) => `impossible de lire ${path} : ${why}`,
  noGapList: (path) => `${path} n’est pas une liste de trous`,
  noGapListHint: 'prenez `DATA/link/gaps.json` du hub récepteur, tel qu’il y est',
  exported: (path, records, size) => `${path} : ${records} enregistrement(s), ${size}`,
  withheld: (records, reasons) =>
    `dont ${records} sans leur contenu, qu’aucun conduit n’autorise : ${reasons.map(([reason, count]) => `${count} × ${reason}`).join(', ') || 'des définitions'}`,
  mayNotLeave: (why) => `rien de ce journal ne peut être emporté : ${why}`,
  mayNotLeaveHint: '`ecluse policy explain link-out send ZONE` dit quelle ligne décide',
  broken: {
    'other-node': (place, owner) => [
      `${place} est la file du nœud ${owner}`,
      'donnez à chaque nœud son répertoire `data:`, ou rendez à celui-ci son ancien nom (`node.id`)',
    ],
    format: (place) => [
      `${place} est écrit dans une autre version du format ; rien n’a été modifié`,
      'prenez la version du programme qui l’a écrit, ou un autre répertoire',
    ],
    'chain-lost': (place) => [
      `${place} : la chaîne de son dernier segment est perdue`,
      'mettez le répertoire de côté et redémarrez : un nouveau journal commence, et ce qui manque est déclaré',
    ],
    'no-epoch': (place) => [`${place} : aucun segment ne dit à quel journal il appartient`, 'mettez-le de côté et redémarrez'],
    'two-epochs': (place) => [
      `${place} : des segments de deux journaux sont mélangés`,
      'deux sauvegardes ont-elles été remises dans un répertoire ? Mettez de côté les segments de l’une',
    ],
  },
  refused: {
    'not-records': (path) => `${path} n’est pas un fichier d’enregistrements ; rien n’a été remis`,
    damaged: (path) => `${path} est abîmé ; rien n’a été remis`,
    'chain-broken': (path) => `des enregistrements de ${path} ont été modifiés ; rien n’a été remis`,
    foreign: (path) => `${path} est d’un autre journal ; rien n’a été remis`,
  },
  laid: (records, node, path) => `${records} enregistrement(s) de ${node} remis : ${path}`,
  noReceiver: (node) => `${node} ne prend aucun fichier d’enregistrements : il ne reçoit pas à sens unique ; rien n’a été remis`,
  noReceiverHint: 'nommez avec -c la configuration du hub récepteur. Par TLS il n’y a rien à porter : la liaison envoie ce qui manque',
  laidHint: 'Le nœud ne tourne pas : il prendra ceux qui lui manquent dès qu’il tournera, et rangera le fichier dans done/ ou refused/.',
  taken: (filled) => (filled > 0 ? `pris : ${filled} enregistrement(s) qui manquaient ici` : 'rien n’y manque ici'),
  noSender: (node) => `aucun émetteur d’ici n’est ${node}, et rien n’en manque : est-ce le bon fichier, et le bon hub ?`,
  waits: 'Pas encore pris : il attend que ce qui suit son trou soit ici. S’il est refusé, `ecluse status` le dit.',
  refusedThere: (path, why) => `le nœud a refusé ${path} : ${why}`,
}
