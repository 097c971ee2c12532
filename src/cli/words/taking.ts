/** What `ecluse query` and `ecluse export` say. */
export const takingEn = {
  queryVerb: 'Ask the history of a running node in SQL: one SELECT over its views',
  exportVerb: 'Write stored samples of signals, each with its status, reasons, unit and times, to a file or as text',
  sqlFile: 'file with the statement',
  csv: 'write CSV',
  sqlLimit: 'rows at most',
  out: 'file to write: .csv, .jsonl or .parquet; without it CSV comes as text',
  form: 'csv, jsonl or parquet, whatever the file is called',
  unit: 'convert into this unit; `display`: the one that people see',
  whichSql: 'which statement?',
  whichSqlHint: 'as one argument in quotation marks, or from a file with --file: ecluse query "SELECT * FROM signals"',
  cut: (rows: number) =>
    `cut after ${rows} row(s): there are more; narrow it down, or raise --limit (10000 at most). What is to be taken out whole: ecluse export`,
  noStatus:
    'no status is asked for: an Uncertain value looks like a Good one here, and what was corrected or came twice counts as often (add status, and see docs/reading.md)',
  isThere: (file: string) => `${file} is there already; nothing was written`,
  isThereHint: 'give another name, or remove it first',
  unknownForm: (file: string) => `${file} ends neither in .csv, .jsonl nor .parquet`,
  unknownFormHint: 'say which with --form',
  needsFile: 'Parquet is no text',
  needsFileHint: 'give the file with --out',
  tooMany: (found: number, most: number) => `${found} signals, ${most} at most in one export`,
  tooManyHint: 'narrow the glob',
  tooDense: (signal: string, time: string, most: number) =>
    `${signal} has more than ${most} samples at ${time}: they cannot be told apart page by page`,
  progress: (signal: number, of: number, samples: number, time: string) => `signal ${signal} of ${of}, ${samples} samples, at ${time}`,
  exported: (samples: number, signals: number, statuses: string, empty: number) =>
    `${samples} sample(s) of ${signals} signal(s): ${statuses}${empty > 0 ? `; ${empty} signal(s) had none in this time` : ''}`,
}

export const takingFr: typeof takingEn = {
  queryVerb: 'Interroger en SQL l’historique d’un nœud en marche : un SELECT sur ses vues',
  exportVerb: 'Écrire les mesures conservées de signaux, chacune avec statut, raisons, unité et heures, dans un fichier ou comme texte',
  sqlFile: 'fichier qui contient la requête',
  csv: 'écrire en CSV',
  sqlLimit: 'lignes au plus',
  out: 'fichier à écrire : .csv, .jsonl ou .parquet ; sans lui, du CSV comme texte',
  form: 'csv, jsonl ou parquet, quel que soit le nom du fichier',
  unit: 'convertir dans cette unité ; `display` : celle que voient les gens',
  whichSql: 'quelle requête ?',
  whichSqlHint: 'en un argument entre guillemets, ou depuis un fichier avec --file : ecluse query "SELECT * FROM signals"',
  cut: (rows) =>
    `coupé après ${rows} ligne(s) : il y en a d’autres ; précisez, ou augmentez --limit (10000 au plus). Pour tout sortir : ecluse export`,
  noStatus:
    'aucun statut n’est demandé : une valeur Uncertain a ici l’air d’une valeur Good, et ce qui a été corrigé ou reçu deux fois compte autant de fois (ajoutez status ; voir docs/fr/lecture.md)',
  isThere: (file) => `${file} existe déjà ; rien n’a été écrit`,
  isThereHint: 'donnez un autre nom, ou supprimez-le d’abord',
  unknownForm: (file) => `${file} ne finit ni par .csv, ni par .jsonl, ni par .parquet`,
  unknownFormHint: 'dites lequel avec --form',
  needsFile: 'Parquet n’est pas du texte',
  needsFileHint: 'donnez le fichier avec --out',
  tooMany: (found, most) => `${found} signaux, ${most} au plus par export`,
  tooManyHint: 'resserrez le motif',
  tooDense: (signal, time, most) => `${signal} a plus de ${most} mesures à ${time} : page par page, on ne peut les distinguer`,
  progress: (signal, of, samples, time) => `signal ${signal} sur ${of}, ${samples} mesures, à ${time}`,
  exported: (samples, signals, statuses, empty) =>
    `${samples} mesure(s) de ${signals} signal(aux) : ${statuses}${empty > 0 ? ` ; ${empty} signal(aux) n’en avaient pas` : ''}`,
}
