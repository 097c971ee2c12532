import type { BundleProblem } from '../config-bundle.ts'

type Problems = Record<BundleProblem, (subject: string) => [message: string, hint?: string]>

/** What `ecluse config` says. */
export const configBundleEn = {
  verb: 'Take a configuration from one machine to another: signed, checked, never older',
  exportVerb: 'Write the files of a configuration, secrets as references, into one file signed with this node’s key',
  importVerb: 'Say what a signed configuration would change here; with --apply, lay its files down',
  out: 'write it to this file',
  key: 'public key (PEM) of the node that exported it; `ecluse evidence key` prints it',
  to: 'folder of the configuration; default that of `ecluse.yaml`',
  apply: 'do it; without it nothing is changed',
  isThere: (file: string) => `${file} is there already`,
  exported: (file: string, files: number, counter: number, key: string) =>
    `${file}: ${files} file(s), version ${counter}, signed by ${key}`,
  added: 'added  ',
  changed: 'changed',
  same: 'same   ',
  dry: 'nothing has been changed; `--apply` does it',
  applied: (counter: number) => `version ${counter} is laid down; a node takes it at its next start`,
  noKey: (file: string) => `${file} is no public key of Ed25519 in PEM`,
  unreadable: (file: string) => `${file} cannot be read, or is too large`,
  problems: {
    form: () => ['this is no configuration that `ecluse config export` wrote'],
    key: (key) => ['this configuration was not signed by the key you gave', `you gave ${key}`],
    content: (what) => [`the configuration is not sound: ${what}`, 'export it again'],
    older: (what) => [
      `this configuration is not newer than the one that was taken last (${what})`,
      'export it again from where it is kept',
    ],
    link: (what) => [`${what} is not a plain file in plain folders here: nothing is written through links`, 'replace the link by a file'],
  } satisfies Problems as Problems,
}

export const configBundleFr: typeof configBundleEn = {
  verb: 'Porter une configuration d’une machine à une autre : signée, vérifiée, jamais plus ancienne',
  exportVerb: 'Écrire les fichiers d’une configuration, secrets en références, dans un fichier signé par la clé de ce nœud',
  importVerb: 'Dire ce qu’une configuration signée changerait ici ; avec --apply, poser ses fichiers',
  out: 'l’écrire dans ce fichier',
  key: 'clé publique (PEM) du nœud qui l’a exportée ; `ecluse evidence key` l’affiche',
  to: 'dossier de la configuration ; par défaut celui de `ecluse.yaml`',
  apply: 'le faire ; sans cela rien ne change',
  isThere: (file) => `${file} existe déjà`,
  exported: (file, files, counter, key) => `${file} : ${files} fichier(s), version ${counter}, signé par ${key}`,
  added: 'ajouté   ',
  changed: 'modifié  ',
  same: 'identique',
  dry: 'rien n’a été changé ; `--apply` le fait',
  applied: (counter) => `la version ${counter} est en place ; un nœud la prend à son prochain démarrage`,
  noKey: (file) => `${file} n’est pas une clé publique Ed25519 en PEM`,
  unreadable: (file) => `${file} est illisible ou trop grand`,
  problems: {
    form: () => ['ce n’est pas une configuration écrite par `ecluse config export`'],
    key: (key) => ['cette configuration n’est pas signée par la clé donnée', `clé donnée : ${key}`],
    content: (what) => [`la configuration n’est pas saine : ${what}`, 'exportez-la à nouveau'],
    older: (what) => [
      `cette configuration n’est pas plus récente que la dernière prise (${what})`,
      'exportez-la à nouveau là où elle est tenue',
    ],
    link: (what) => [
      `${what} n’est pas ici un simple fichier dans de simples dossiers : rien n’est écrit à travers un lien`,
      'remplacez le lien par un fichier',
    ],
  },
}
