import type { en, enPatterns, MissingWhere, Told } from './en.ts'
import { frenchRefusal } from './query-refused.ts'

type List = readonly string[]

const WHERE: Readonly<Record<MissingWhere, string>> = {
  ...{ own: ' (un compte à soi)', any: '', node: ' dans la zone de ce nœud', every: ' dans chaque zone' },
}
const perhaps = (near: string | undefined, otherwise: string) => (near === undefined ? otherwise : `vouliez-vous dire ${near} ?`)
const declared = (near: string | undefined, names: List, none: string) => {
  const list = names.length === 0 ? none : `sont déclarés : ${names.join(', ')}`
  return near === undefined ? list : `vouliez-vous dire ${near} ? ${list}`
}
const UNIT_OUT = 'retirez `unit` pour lire la valeur comme elle est conservée'

/** The same in French. */
export const fr: typeof en = {
  'not-found': (): Told => ['il n’y a rien à cette adresse', 'GET /api/v1/openapi.json dit ce qu’il y a'],
  internal: (): Told => ['la demande a échoué par notre faute ; le journal dit pourquoi'],
  'invalid-request': (issues): Told => [issues, 'GET /api/v1/openapi.json décrit chaque paramètre'],
  'unreadable-body': (): Told => ['le corps de la demande est illisible', 'envoyez du JSON, avec son content-type'],
  'body-too-large': (): Told => ['le corps de la demande est trop grand'],
  refused: (): Told => ['cette demande n’a pas de réponse ici'],
  'query-refused': (why): Told => [frenchRefusal(why)],
  'two-hosts': (): Told => ['la demande nomme deux hôtes', 'envoyez un seul en-tête Host'],
  'unknown-host': (name): Told => ['ce serveur ne répond pas à ce nom', `ouvrez-le sous le nom ${name}`],
  'no-conduit': (why): Told => [
    `aucun conduit ne laisse entrer les lecteurs de cette adresse : ${why}`,
    '`ecluse policy explain http send` dit quelle ligne décide',
  ],
  'length-required': (): Told => ['un corps vient ici avec son content-length', 'envoyez-le entier, pas en morceaux'],
  'too-many-requests': (): Told => ['trop de demandes en peu de temps', 'attendez une seconde, et demandez moins souvent'],
  'not-signed-in': (): Told => ['connectez-vous d’abord', 'la ligne de commande lit son jeton dans le dossier de données'],
  'not-signed-in/nobody': (): Told => ['personne n’est connecté'],
  'not-signed-in/half': (): Told => ['donnez d’abord le nom et le mot de passe'],
  'second-factor-needed': (): Told => ['le second facteur reste à montrer'],
  'enrol-first': (): Told => ['un second facteur est exigé ici', 'mettez-en un en place dans votre profil ; tout le reste s’ouvre ensuite'],
  reserved: (): Told => ['cette adresse est réservée à qui administre', 'prenez l’adresse publique'],
  forbidden: (permission, where): Told => [
    permission === undefined ? `personne n’a ce droit${WHERE[where]}` : `il faut pour cela le droit ${permission}${WHERE[where]}`,
  ],
  'forbidden/rows': (): Told => ['il faut pour cela le droit operate dans les zones d’où viennent les lignes'],
  'forbidden/token': (permission, zone): Told => [`vous n’avez pas vous-même le droit ${permission} dans ${zone}`],
  'sign-in-again': (): Told => [
    'il faut pour cela une connexion des dix dernières minutes',
    'redonnez votre mot de passe, puis recommencez',
  ],
  'foreign-origin': (): Told => ['les changements ne sont acceptés que de nos propres pages'],
  'audit-full': (): Told => [
    'ceci doit être consigné dans le journal d’audit, qui ne prend rien pour l’instant ; ce n’a pas été fait',
    'faites de la place sur le disque des données du nœud ; GET /api/v1/evidence dit ce qui ne va pas',
  ],
  'local-only': (): Told => ['seule la ligne de commande du propriétaire de cette machine peut le dire'],

  'notice-unread': (): Told => [
    'un avis est à lire avant de se connecter, et ceci n’est pas celui en vigueur',
    'GET /api/v1/session/ways le donne ; renvoyez son id dans `notice`',
  ],
  'sign-in-refused': (): Told => ['le nom ou le mot de passe est faux'],
  'password-refused': (): Told => ['ce n’est pas le mot de passe du compte'],
  'code-refused': (): Told => ['ce code est faux, ou a déjà servi'],
  'code-refused/app': (): Told => ['ce code est faux', 'l’horloge du téléphone est-elle à l’heure ?'],
  'passkey-refused': (): Told => ['cette clé ne convient pas'],
  'too-many-attempts': (seconds): Told => [`trop d’essais manqués : réessayez dans ${seconds} s`],
  busy: (): Told => ['trop de connexions au même moment', 'réessayez dans quelques secondes'],
  'busy/queries': (count): Told => [`${count} requêtes sont en cours`, 'réessayez quand l’une est finie'],
  'busy/search': (): Told => ['une recherche est en cours', 'réessayez quand elle est finie'],
  'weak-password/short': (least): Told => [`un mot de passe a au moins ${least} caractères`, EASY],
  'weak-password/long': (most): Told => [`un mot de passe a au plus ${most} caractères`, EASY],
  'weak-password/name': (): Told => ['un mot de passe ne contient ni le nom ni le site', EASY],
  'weak-password/common': (): Told => ['ce mot de passe est de ceux que l’on essaie en premier', EASY],
  'link-invalid': (): Told => ['ce lien a servi ou a expiré', 'demandez-en un nouveau à un administrateur'],
  'link-invalid/first': (): Told => [
    'ce lien a servi ou a expiré',
    'redémarrez Écluse : tant qu’il n’y a pas de compte, un nouveau lien est affiché',
  ],
  'external-account': (): Told => ['ce compte se connecte par un fournisseur, et n’a pas de mot de passe ici'],
  'external-account/again': (): Told => ['ce compte se connecte par un fournisseur', 'reconnectez-vous là-bas'],
  'external-account/roles': (): Told => [
    'les rôles de ce compte viennent de son fournisseur',
    'people.oidc.roles du fichier en donne la correspondance',
  ],
  'name-taken': (): Told => ['un compte porte déjà ce nom'],
  'name-taken/token': (): Told => ['un jeton porte déjà ce nom'],
  'too-many-accounts': (): Told => ['il n’y a plus de place pour d’autres comptes'],
  'too-many-tokens': (): Told => ['il n’y a plus de place pour d’autres jetons'],
  'unknown-account': (): Told => ['ce compte n’existe pas', 'GET /api/v1/users en donne la liste'],
  'last-administrator': (): Told => ['quelqu’un doit pouvoir administrer', 'faites d’abord de quelqu’un d’autre un administrateur'],
  'unknown-role': (name, near, known): Told => [`aucun rôle ${name} n’est déclaré`, declared(near, known, 'aucun n’est déclaré')],
  'unknown-zone': (name, known): Told => [
    `il n’y a pas de zone ${name}`,
    known.length > 0 ? `il y a ${known.join(', ')}` : 'aucune n’est déclarée : donnez *',
  ],
  'unknown-token': (): Told => ['ce jeton n’existe pas', 'GET /api/v1/tokens en donne la liste'],
  'unknown-passkey': (): Told => ['cette clé n’existe pas'],
  'too-many-passkeys': (most): Told => [`au plus ${most} clés par compte`],
  'nothing-offered': (): Told => ['ceci n’a pas été commencé ici, ou a déjà servi', 'recommencez'],
  'nothing-offered/secret': (): Told => ['demandez d’abord un secret'],
  'no-second-factor': (): Told => ['mettez d’abord en place un second facteur'],
  'needs-name': (): Told => [
    'les clés de sécurité sont liées à un nom, et ceci est une adresse',
    'ouvrez http://localhost:PORT sur cette machine, ou donnez un nom à people.url',
  ],
  'oidc-state': (): Told => ['cette connexion n’a pas été commencée ici, ou a déjà servi', 'recommencez'],
  'oidc-refused': (): Told => ['le fournisseur a refusé la connexion'],
  'oidc-refused/no-token': (): Told => ['le fournisseur n’a pas envoyé de jeton d’identité'],
  'oidc-invalid': (): Told => ['ce que le fournisseur a envoyé ne convient pas'],
  'provider-unreachable': (): Told => ['le fournisseur de connexion ne répond pas', 'les comptes de ce nœud continuent de marcher'],
  'no-role': (): Told => ['aucun de vos groupes n’a de rôle ici', 'demandez à un administrateur'],
  'account-disabled': (): Told => ['ce compte est désactivé ici'],

  'unknown-signal': (id, near): Told => [
    `il n’y a pas de signal ${id}`,
    near.length > 0 ? `vouliez-vous dire ${near.join(', ')} ?` : 'GET /api/v1/signals?match=** donne les identifiants',
  ],
  'no-signal': (): Told => ['nommez au moins un `signal`, ou un `match`'],
  'too-many-signals': (count, most): Told => [`le motif désigne ${count} signaux, la limite est ${most}`],
  'too-many-signals/processed': (name, count, most): Told => [
    `${name} de ${count} signaux, la limite est ${most}`,
    'les statistiques simples portent sur plus de signaux à la fois',
  ],
  'too-many-signals/ledger': (): Told => ['c’est plus de signaux que le registre n’en compte à la fois', 'nommez moins de signaux'],
  'too-many-samples': (most): Told => [
    `la période contient plus de ${most} échantillons`,
    'demandez une période plus courte ou moins de signaux',
  ],
  'not-a-number': (id): Told => [`${id} est un texte`, 'déclarez un événement pour lui'],
  'not-a-number/function': (id, name): Told => [`${id} est un texte : il n’a pas de ${name}`],
  'unknown-function': (name, known): Told => [`il n’y a pas de fonction ${name}`, `il y a ${known.join(', ')}`],
  'invalid-configuration': (): Told => [
    'percentDataBad et percentDataGood sont des pourcentages de 0 à 100, et percentDataGood vaut au moins 100 - percentDataBad',
  ],
  'invalid-period': (): Told => ['`from` doit être avant `to`'],
  'invalid-time': (text): Told => [
    `${text} n’est pas un instant`,
    'avec son fuseau, p. ex. 2026-11-23T08:00:00Z ou 2026-11-23T09:00:00+01:00 ; ou now, ou un temps avant lui en s, min, h ou d : -15min',
  ],
  'invalid-interval': (text): Told => [`${text} n’est pas un intervalle`, 'au moins 1ms, par exemple 10s, 15min, 1h, 1d'],
  'period-too-long': (hours, most): Told => [`${hours} heures demandées, la limite est ${most}`, 'demandez une partie de la période'],
  'period-too-long/days': (): Told => ['c’est plus que le registre ne compte à la fois', 'demandez une partie de la période'],
  'glob-invalid': (why, limit): Told => [
    `le motif ${GLOB[why](limit)}`,
    'utilisez * dans un segment et ** à travers les segments, par ex. match=**/carousel-{1,2}/*/current',
  ],
  'unknown-unit': (unit, near): Told => [
    `personne ne connaît l’unité ${unit}`,
    near.length > 0
      ? `vouliez-vous dire ${near.join(', ')} ?`
      : 'les unités sont des codes UCUM : m3/h, Cel, kW.h ; dans une adresse, % s’écrit %25',
  ],
  'unknown-unit/stored': (id, unit): Told => [`${id} est en ${unit}, une unité que personne ne connaît`, UNIT_OUT],
  'no-unit': (id): Told => [`${id} n’a pas d’unité`, 'retirez `unit`, ou ne demandez que des signaux qui en ont une'],
  'unit-not-convertible': (id, from, to, why): Told => [`${id} est en ${from} ; de ${from} à ${to} : ${UNITS[why]}`, UNIT_OUT],
  'unit-not-convertible/zeros': (name, id, unit): Told => [
    `${name} de ${id} n’a pas de sens en ${unit} : les zéros des deux échelles diffèrent`,
    'retirez `unit`',
  ],
  'too-many-own-streams': (count): Told => [`vous avez ${count} flux en direct ouverts`, 'fermez-en un, ou lisez /api/v1/last'],
  'too-many-streams': (count): Told => [`${count} flux en direct sont ouverts`, 'fermez-en un, ou lisez /api/v1/last'],
  'too-long': (): Told => ['la recherche a pris trop de temps', 'demandez une période plus courte, ou moins de signaux avec match'],
  'invalid-lead': (): Told => ['l’avance va de 1s à 1d', 'par exemple 10min'],
  'no-value': (name): Told => [
    `${name} a plusieurs valeurs`,
    `nommez-en une : ${name}.VALEUR ; GET /api/v1/facts?definition=${name} les montre`,
  ],
  'unknown-target': (name, near): Told => [
    `aucun événement, résultat ou signal ne s’appelle ${name}`,
    perhaps(near, 'GET /api/v1/facts/definitions donne ce qui est calculé, GET /api/v1/signals les signaux'),
  ],
  'unknown-definition': (name, near): Told => [
    `rien de ce qui est calculé ici ne s’appelle ${name}`,
    perhaps(near, 'GET /api/v1/facts/definitions dit ce qui l’est'),
  ],
  'no-facts': (name): Told => [
    `${name} calcule les mesures d’un signal, et pas de résultats`,
    'GET /api/v1/samples?signal=ID les lit, GET /api/v1/signals?connection=computed en donne la liste',
  ],
  'unknown-connection': (glob): Told => [
    `le registre n’a aucune connexion ${glob} dans ce temps`,
    'GET /api/v1/ledger sans `connection` les montre toutes',
  ],
  'unknown-kind': (name, near): Told => [
    `aucun type d’enregistrement ${name} n’est déclaré`,
    perhaps(near, 'GET /api/v1/records/kinds en donne la liste'),
  ],
  'unknown-kind/thing': (kinds): Told => ['ceci n’est pas GENRE:ID', `GENRE est l’un de ${kinds.join(', ')}`],
  'unknown-thing': (kind): Told => [
    `aucun ${kind} n’a cet identifiant`,
    'les identifiants de signaux commencent par le site ; GET /api/v1/signals en donne la liste',
  ],
  'no-name': (): Told => ['quelqu’un doit en répondre : dites qui décide', 'ajoutez `by`'],
  'invalid-request/passport': (): Told => ['un passeport est celui d’un `signal` ou d’un résultat : `definition` et `key`'],
  'unknown-use': (name, near, known): Told => [
    `personne n’a déclaré l’usage ${name}`,
    declared(near, known, 'aucun n’est déclaré : `uses:` de la configuration le fait'),
  ],
  'unknown-value': (name, near, known): Told => [`ce résultat n’a pas de valeur ${name}`, perhaps(near, `il a ${known.join(', ')}`)],
  'unknown-hop': (): Told => ['la chaîne n’a pas cette étape', 'les identifiants sont ceux de `chain`'],
  'unknown-contract': (): Told => ['aucun contrat n’a cet identifiant', 'GET /api/v1/contracts en donne la liste'],
  'unknown-configuration': (): Told => ['cette version n’a pas été gardée', 'GET /api/v1/configurations en donne la liste'],
  'unreadable-configuration': (): Told => ['ceci n’est pas une configuration lisible', '`ecluse lint` dit ce qui ne va pas'],
  'no-finding': (): Told => ['ce constat n’existe pas', 'GET /api/v1/security/findings en donne la liste'],
  'baseline-changed': (): Told => [
    'rien de cette empreinte n’est en apprentissage : du nouveau a été vu entre-temps, ou rien n’est appris',
    'regardez de nouveau la référence, puis acceptez ce qu’elle montre',
  ],
  'not-signed': (): Told => ['ce nœud ne signe rien'],
  'no-proof': (): Told => [
    'les empreintes de cette heure ne sont pas gardées ici',
    'elles sont sur le nœud qui a écrit l’enregistrement, ou dans un dossier exporté',
  ],
  'unknown-subject': (name, known, near): Told => [
    `${name} ne désigne rien ici`,
    `${near ? `vouliez-vous dire ${near} ? ` : ''}il y a : ${known.join(', ')}`,
  ],
  'unknown-action': (name, known, near): Told => [
    `${name} ne désigne rien ici`,
    `${near ? `vouliez-vous dire ${near} ? ` : ''}il y a : ${known.join(', ')}`,
  ],
  'unknown-object': (name, known, near): Told => [
    `${name} ne désigne rien ici`,
    `${near ? `vouliez-vous dire ${near} ? ` : ''}il y a : ${known.join(', ')}`,
  ],
  'writes-off': (): Told => [
    'rien n’est écrit dans les appareils ici ; la tentative a été consignée',
    'SECURITY.md dit ce qu’Écluse fait et ne fait pas',
  ],
  'no-such-signal': (): Told => ['ce signal n’existe pas ; la tentative a été consignée'],
  'plan-busy': (): Told => ['un autre plan est en cours', 'réessayez dans quelques secondes'],
  'plan-not-kept': (): Told => [
    'la configuration en cours n’a pas été gardée',
    'comparez deux fichiers : ecluse plan FICHIER --against FICHIER',
  ],
  'plan-bad-name': (): Told => [
    'un nom de fichier a des lettres, chiffres, `_`, `-` et `.`, finit en .yaml et reste dans son dossier',
    'GET /api/v1/configurations dit les noms',
  ],
  'plan-too-long': (): Told => [
    'ce sont plus de fichiers, ou de plus longs, qu’on n’en compare ici',
    'ecluse plan compare des fichiers de toute longueur',
  ],
  'plan-took-too-long': (): Told => ['la comparaison n’a pas tenu dans le temps prévu', 'ecluse plan compare sur une autre machine'],
  'plan-failed': (): Told => ['la comparaison a échoué ; le journal dit pourquoi', 'ecluse plan compare sur une autre machine'],
  'change-unknown': (): Told => ['ce changement n’existe pas ici', 'GET /api/v1/changes dit ceux qui sont gardés'],
  'change-not-a-person': (): Told => [
    'seul quelqu’un qui a un compte approuve un changement',
    'connectez-vous aux pages : *Filiation*, puis *Préparer un changement*',
  ],
  'change-own': (): Told => ['un changement est approuvé par d’autres que qui l’a proposé', 'demandez à quelqu’un d’autre de le regarder'],
  'change-wrong-role': (): Told => [
    'vous n’avez aucun des rôles qui approuvent les changements',
    'ce sont ceux de `governance.changes.by`',
  ],
  'change-twice': (): Told => ['vous avez déjà approuvé ce changement'],
  'change-too-many': (): Told => ['autant de personnes ont approuvé ce changement que l’on en garde'],
}

const EASY = 'plusieurs mots sans rapport entre eux sont longs, et faciles à retenir'
const GLOB = {
  empty: () => 'est vide',
  long: (limit: number) => `a plus de ${limit} caractères`,
  'not-opened': () => 'ferme une accolade } qui n’a pas été ouverte',
  'not-closed': () => 'ouvre une accolade { qui n’est pas fermée',
  nested: () => 'a des accolades dans des accolades',
  alternatives: (limit: number) => `a des accolades qui valent plus de ${limit} motifs`,
  bracket: () => 'ouvre un crochet [ qui n’est pas fermé',
}
const UNITS = {
  dimension: 'elles ne mesurent pas la même chose',
  gauge: 'une pression relative s’ajoute à celle de l’air, qui n’est pas connue ici',
  'reference-state':
    'un volume en conditions normales ou standard est autre à la pression et à la température du gaz, qui ne sont pas connues ici',
  'power-kind': 'puissances active, réactive et apparente diffèrent d’un facteur de puissance, qui n’est pas connu ici',
}

export const frPatterns: typeof enPatterns = {
  'account-name': 'un nom a de 1 à 64 lettres, chiffres, espaces et . _ @ -',
  'token-name': 'un nom a de 1 à 64 lettres, chiffres et . _ -',
}
