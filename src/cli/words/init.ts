/** What `ecluse init` says and writes as comments. */
export const initEn = {
  head: [
    'What this node collects, and how it judges it. `ecluse lint` checks this file without the network.',
    'Every key with its meaning: `ecluse schema`, or your editor, which reads the line above.',
  ],
  site: 'Ids of signals begin with the id of the site.',
  connections: 'One entry for each system. Take the # away from what fits, and put in your own addresses. Then:',
  steps: {
    lint: 'checks this file',
    check: 'also reaches each device and reads once',
    trust: 'trusts the certificate of an OPC UA server, once you have compared it',
    run: 'collects, stores, and shows it in a browser',
  },
  password: 'The password comes from the environment: PLC1_PASSWORD=… ecluse run',
  expected: 'A topic that should come and does not is found by this.',
  taken: (file: string) => `${file} is there already: nothing was written`,
  takenHint: 'name another folder: ecluse init DIR',
  badSite: (id: string) => `“${id}” cannot be the id of a site: small letters, digits and hyphens, beginning with a letter`,
  written: (file: string, schema: string) => `${file} is written, and ${schema} for your editor.`,
  next: (file: string) => `Open ${file}, name a device, then: ecluse lint ${file}`,
}

export const initFr: typeof initEn = {
  head: [
    'Ce que ce nœud collecte, et comment il le juge. `ecluse lint` vérifie ce fichier sans le réseau.',
    'Chaque clé avec son sens : `ecluse schema`, ou votre éditeur, qui lit la ligne ci-dessus.',
  ],
  site: 'Les identifiants des signaux commencent par celui du site.',
  connections: 'Une entrée par système. Retirez les # de ce qui convient, et mettez vos adresses. Ensuite :',
  steps: {
    lint: 'vérifie ce fichier',
    check: 'joint aussi chaque appareil et lit une fois',
    trust: 'fait confiance au certificat d’un serveur OPC UA, une fois que vous l’avez comparé',
    run: 'collecte, stocke, et montre dans un navigateur',
  },
  password: 'Le mot de passe vient de l’environnement : PLC1_PASSWORD=… ecluse run',
  expected: 'Un topic qui devrait venir et ne vient pas se voit grâce à ceci.',
  taken: (file) => `${file} existe déjà : rien n’a été écrit`,
  takenHint: 'nommez un autre dossier : ecluse init DOSSIER',
  badSite: (id) =>
    `« ${id} » ne peut pas être l’identifiant d’un site : minuscules, chiffres et traits d’union, en commençant par une lettre`,
  written: (file, schema) => `${file} est écrit, ainsi que ${schema} pour votre éditeur.`,
  next: (file) => `Ouvrez ${file}, nommez un appareil, puis : ecluse lint ${file}`,
}
