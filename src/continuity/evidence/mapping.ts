/** How far what this program does answers a requirement. Ids are those of the standard and the directive; the words are ours. */
export type Cover = 'covered' | 'partly' | 'not'

export interface Requirement {
  readonly id: string
  readonly cover: Cover
  readonly en: string
  readonly fr: string
}

const of = (id: string, cover: Cover, en: string, fr: string): Requirement => ({ id, cover, en, fr })

/** IEC 62443-3-3, system requirements. Of this program alone: nothing is said of the plant around it. */
export const IEC_62443_3_3: readonly Requirement[] = [
  of(
    'SR 1.1',
    'covered',
    'Named accounts, none anonymous; a second factor can be required; OpenID Connect',
    'Comptes nommés, aucun anonyme ; un second facteur peut être exigé ; OpenID Connect',
  ),
  of(
    'SR 1.2',
    'covered',
    'Nodes prove themselves with certificates, both ends, TLS 1.3',
    'Les nœuds se prouvent par certificats, des deux côtés, TLS 1.3',
  ),
  of(
    'SR 1.3',
    'covered',
    'Accounts are invited, changed, disabled and removed by who administers; the last administrator stays',
    'Les comptes sont invités, changés, désactivés et retirés par qui administre ; le dernier administrateur reste',
  ),
  of(
    'SR 1.4',
    'partly',
    'Names are unique; a directory of the company through OpenID Connect alone',
    'Les noms sont uniques ; un annuaire d’entreprise par OpenID Connect seulement',
  ),
  of(
    'SR 1.5',
    'partly',
    'Passwords as argon2id, keys mode 600, no default ones; no hardware store',
    'Mots de passe en argon2id, clés en mode 600, aucun par défaut ; pas de stockage matériel',
  ),
  of('SR 1.6', 'not', 'Wireless access is not in its reach', 'L’accès sans fil n’est pas de son ressort'),
  of(
    'SR 1.7',
    'covered',
    'Fifteen characters at least, none of those that are tried first (NIST SP 800-63B-4)',
    'Quinze caractères au moins, aucun de ceux que l’on essaie en premier (NIST SP 800-63B-4)',
  ),
  of(
    'SR 1.8',
    'covered',
    'Own authority or the customer’s, renewal, revocation within five seconds',
    'Autorité propre ou celle du client, renouvellement, révocation en cinq secondes',
  ),
  of(
    'SR 1.9',
    'covered',
    'Chain, dates, registration and serial number are checked at each connection',
    'Chaîne, dates, inscription et numéro de série sont vérifiés à chaque connexion',
  ),
  of('SR 1.10', 'covered', 'A refused sign-in does not say what was wrong', 'Un refus de connexion ne dit pas ce qui était faux'),
  of(
    'SR 1.11',
    'covered',
    'Failed sign-ins are slowed by name and address, and recorded',
    'Les échecs sont ralentis par nom et adresse, et consignés',
  ),
  of(
    'SR 1.12',
    'covered',
    'A declared notice is read before any sign-in by a browser; the audit log says which text it was',
    'Un avis déclaré est lu avant toute connexion par navigateur ; le journal d’audit dit quel texte c’était',
  ),
  of(
    'SR 1.13',
    'partly',
    'Listens on the machine itself unless told otherwise; TLS 1.3; no approval of each access',
    'N’écoute que la machine sauf mention contraire ; TLS 1.3 ; pas d’approbation de chaque accès',
  ),
  of(
    'SR 2.1',
    'covered',
    'Every route names its permission; roles give them by zone and direction; an empty grant is nobody',
    'Chaque route nomme son droit ; les rôles les donnent par zone et par sens ; un droit vide n’est personne',
  ),
  of('SR 2.2', 'not', 'Wireless use is not in its reach', 'L’usage sans fil n’est pas de son ressort'),
  of('SR 2.3', 'not', 'Portable devices are not in its reach', 'Les appareils mobiles ne sont pas de son ressort'),
  of(
    'SR 2.4',
    'covered',
    'No code of users runs in the data path; pages run only their own files',
    'Aucun code d’utilisateur sur le chemin des données ; les pages n’exécutent que leurs fichiers',
  ),
  of(
    'SR 2.5',
    'partly',
    'Sessions end after eight idle hours; no lock of the screen',
    'Les sessions finissent après huit heures d’inactivité ; pas de verrouillage d’écran',
  ),
  of(
    'SR 2.6',
    'covered',
    'Sessions end by themselves and on request; open streams end with them',
    'Les sessions finissent d’elles-mêmes ou sur demande ; les flux ouverts avec elles',
  ),
  of('SR 2.7', 'covered', 'Sessions, streams and connections are limited in number', 'Sessions, flux et connexions sont limités en nombre'),
  of(
    'SR 2.8',
    'covered',
    'Sign-ins, denials, changes, releases, exports and refusals are recorded',
    'Connexions, refus, changements, libérations, exports et rejets sont consignés',
  ),
  of(
    'SR 2.9',
    'covered',
    'Room for the audit log is reserved; it can be forwarded',
    'La place du journal d’audit est réservée ; il peut être transmis',
  ),
  of(
    'SR 2.10',
    'covered',
    'When it can take nothing, what must be recorded is refused, and this is shown',
    'Quand il n’accepte plus rien, ce qui doit être consigné est refusé, et c’est montré',
  ),
  of(
    'SR 2.11',
    'partly',
    'Entries carry the machine’s time; clocks of devices are watched, its own is trusted',
    'Les entrées portent l’heure de la machine ; les horloges des appareils sont surveillées, la sienne est crue',
  ),
  of(
    'SR 2.12',
    'partly',
    'Acts name the account; entries are signed by the node, not by the person',
    'Les actes nomment le compte ; les entrées sont signées par le nœud, non par la personne',
  ),
  of(
    'SR 3.1',
    'covered',
    'TLS between nodes; records are checksummed, chained and checked on arrival',
    'TLS entre nœuds ; les enregistrements sont contrôlés, chaînés et vérifiés à l’arrivée',
  ),
  of(
    'SR 3.2',
    'not',
    'Malware is for the machine’s own protection to find',
    'Les logiciels malveillants relèvent de la protection de la machine',
  ),
  of(
    'SR 3.3',
    'partly',
    'Verification can be run at any time; it is not scheduled',
    'La vérification se lance à tout moment ; elle n’est pas planifiée',
  ),
  of(
    'SR 3.4',
    'partly',
    'Data and audit log are signed; the program’s own files are not checked at start',
    'Données et journal d’audit sont signés ; les fichiers du programme ne sont pas vérifiés au démarrage',
  ),
  of('SR 3.5', 'covered', 'Every input is bounded and checked against its schema', 'Chaque entrée est bornée et vérifiée par son schéma'),
  of('SR 3.6', 'not', 'It drives no outputs', 'Il ne pilote aucune sortie'),
  of('SR 3.7', 'covered', 'Errors say what to do and nothing of the inside', 'Les erreurs disent quoi faire et rien de l’intérieur'),
  of(
    'SR 3.8',
    'covered',
    'Sessions are random, kept hashed, and tied to one origin',
    'Les sessions sont aléatoires, gardées hachées et liées à une origine',
  ),
  of(
    'SR 3.9',
    'covered',
    'The audit log is chained, signed, readable by its owner only',
    'Le journal d’audit est chaîné, signé, lisible par son seul propriétaire',
  ),
  of(
    'SR 4.1',
    'partly',
    'In motion between nodes; at rest only by an encrypted volume',
    'En transit entre nœuds ; au repos seulement par un volume chiffré',
  ),
  of(
    'SR 4.2',
    'partly',
    'Accounts are removed with all that is kept of them but the audit log; what is too old is removed; nothing is overwritten',
    'Les comptes sont retirés avec tout ce qui en est gardé, hors journal d’audit ; ce qui est trop vieux est retiré ; rien n’est écrasé',
  ),
  of(
    'SR 4.3',
    'covered',
    'TLS 1.3, SHA-256, Ed25519, ECDSA P-256, AES-256-GCM, argon2id',
    'TLS 1.3, SHA-256, Ed25519, ECDSA P-256, AES-256-GCM, argon2id',
  ),
  of(
    'SR 5.1',
    'covered',
    'Edges dial out and listen to nobody; zones are declared, with their security levels',
    'Les nœuds de bord appellent et n’écoutent personne ; les zones sont déclarées, avec leurs niveaux de sécurité',
  ),
  of(
    'SR 5.2',
    'covered',
    'Deny by default: what no declared conduit names does not pass, at both ends, and is counted; each conduit can be cut',
    'Refus par défaut : ce qu’aucun conduit déclaré ne nomme ne passe pas, aux deux bouts, et est compté ; chaque conduit peut être coupé',
  ),
  of('SR 5.3', 'not', 'Messages between people are not in its reach', 'Les messages entre personnes ne sont pas de son ressort'),
  of('SR 5.4', 'partly', 'Roles edge, relay and hub may run apart', 'Les rôles bord, relais et centre peuvent tourner séparément'),
  of(
    'SR 6.1',
    'covered',
    'The audit log is read by page, command and API, with a permission of its own',
    'Le journal d’audit se lit par page, commande et API, avec un droit propre',
  ),
  of(
    'SR 6.2',
    'partly',
    'Health, metrics and forwarding; nothing here raises an alarm by itself',
    'Santé, métriques et transmission ; rien ici ne donne l’alerte de soi-même',
  ),
  of(
    'SR 7.1',
    'covered',
    'Every queue is bounded; guesses and floods are slowed and counted',
    'Chaque file est bornée ; essais et flots sont ralentis et comptés',
  ),
  of('SR 7.2', 'covered', 'Memory, disk, connections and threads have limits', 'Mémoire, disque, connexions et fils ont des limites'),
  of(
    'SR 7.3',
    'not',
    'Backups are for the operator to make; an older copy that is restored is noticed',
    'Les sauvegardes sont à faire par l’exploitant ; une copie ancienne restaurée est remarquée',
  ),
  of(
    'SR 7.4',
    'partly',
    'A restart goes on where it was; a restored copy gets a new epoch',
    'Un redémarrage reprend où il était ; une copie restaurée reçoit une nouvelle époque',
  ),
  of(
    'SR 7.5',
    'not',
    'Power is not in its reach; a power cut loses nothing that was acknowledged',
    'L’alimentation n’est pas de son ressort ; une coupure ne perd rien d’acquitté',
  ),
  of(
    'SR 7.6',
    'partly',
    'The configuration is one file with a version in every record; its change is recorded',
    'La configuration est un fichier, sa version est dans chaque enregistrement ; son changement est consigné',
  ),
  of(
    'SR 7.7',
    'covered',
    'Loopback only by default, and no listener that nobody asked for',
    'Boucle locale par défaut, et aucun port que personne n’a demandé',
  ),
  of(
    'SR 7.8',
    'partly',
    'Connections, signals, nodes and certificates are listed; devices that are not connected are unknown',
    'Connexions, signaux, nœuds et certificats sont listés ; les appareils non reliés sont inconnus',
  ),
]

/** Directive (EU) 2022/2555, article 21(2). Measures of an organisation: a program can at best give evidence for them. */
export const NIS2_21_2: readonly Requirement[] = [
  of('21(2)(a)', 'not', 'Policies on risk are for the organisation', 'Les politiques de risque relèvent de l’organisation'),
  of(
    '21(2)(b)',
    'partly',
    'Findings, audit log and its forwarding serve the handling of incidents',
    'Constats, journal d’audit et sa transmission servent le traitement des incidents',
  ),
  of(
    '21(2)(c)',
    'partly',
    'Works alone while cut off, catches up after; backups are for the operator',
    'Travaille seul quand il est coupé, rattrape ensuite ; les sauvegardes sont à l’exploitant',
  ),
  of(
    '21(2)(d)',
    'partly',
    'Its own parts and their licences are listed; suppliers of the plant are not',
    'Ses composants et licences sont listés ; les fournisseurs de l’installation non',
  ),
  of(
    '21(2)(e)',
    'partly',
    'A way to report weaknesses, bounded inputs; development of others is not in its reach',
    'Une voie de signalement, des entrées bornées ; le développement des autres n’est pas de son ressort',
  ),
  of(
    '21(2)(f)',
    'partly',
    'This folder and its verification; judging the measures is for the organisation',
    'Ce dossier et sa vérification ; juger les mesures relève de l’organisation',
  ),
  of('21(2)(g)', 'not', 'Hygiene and training are for the organisation', 'Hygiène et formation relèvent de l’organisation'),
  of(
    '21(2)(h)',
    'partly',
    'What is encrypted and signed is said; stored history is not encrypted by itself',
    'Ce qui est chiffré et signé est dit ; l’historique stocké n’est pas chiffré de soi',
  ),
  of(
    '21(2)(i)',
    'partly',
    'Permissions, accounts and an inventory of what is connected; staff is not in its reach',
    'Droits, comptes et inventaire de ce qui est relié ; le personnel n’est pas de son ressort',
  ),
  of(
    '21(2)(j)',
    'partly',
    'A second factor can be required, links between nodes are authenticated and encrypted; voice and emergency communication are not in its reach',
    'Un second facteur peut être exigé, les liaisons entre nœuds sont authentifiées et chiffrées ; voix et communications d’urgence ne sont pas de son ressort',
  ),
]
