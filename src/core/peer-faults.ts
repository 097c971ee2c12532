/** Values that the words of a fault need: addresses, names, figures, and the peer's own words, which are never translated. */
type Given = Readonly<Record<string, string | number>>

/** Why a peer is not connected, by code: what a person reads is said in their language by it (`peerFaultWords`). The English stands with the error itself. */
export interface PeerFault {
  readonly code: PeerFaultCode
  readonly values: Given
}

type Told = readonly [message: string, hint: string]
const AGAIN = 'c’est retenté tout seul'
const FIREWALL = 'l’adresse est-elle juste, l’appareil allumé, et un pare-feu laisse-t-il passer ce port ?'
const trustWith = (connection: unknown) => `lancez \`ecluse trust ${connection}\``

/** French, by code. */
const FRENCH = {
  refused: ({ peer }: Given): Told => [
    `${peer} : rien n’écoute à cette adresse`,
    'l’appareil ou le serveur tourne-t-il, et le port est-il le bon ?',
  ],
  'unknown-name': ({ peer }: Given): Told => [`${peer} : ce nom n’est pas connu`, 'corrigez l’adresse'],
  'no-name-server': ({ peer }: Given): Told => [`${peer} : le serveur de noms ne répond pas`, 'vérifiez le réseau'],
  'no-route': ({ peer }: Given): Told => [`${peer} : aucun chemin ne mène à cette adresse`, FIREWALL],
  'no-answer': ({ peer }: Given): Told => [`${peer} ne répond pas`, FIREWALL],
  'no-answer-within': ({ peer, seconds }: Given): Told => [`${peer} n’a pas répondu en ${seconds} s`, FIREWALL],
  'no-connection-within': ({ seconds }: Given): Told => [`pas de connexion en ${seconds} s`, FIREWALL],
  closed: ({ peer }: Given): Told => [
    `${peer} a fermé la connexion`,
    'le port est-il le bon, avec ou sans chiffrement ? Beaucoup d’appareils n’acceptent que peu de clients à la fois',
  ],
  lost: ({ peer, detail }: Given): Told => [`${peer} : la connexion est perdue : « ${detail} »`, AGAIN],
  silent: ({ peer, seconds }: Given): Told => [`${peer} : plus un mot depuis ${seconds} s`, 'l’appareil ou le serveur est-il arrêté ?'],
  'requests-unanswered': ({ peer, count, ms }: Given): Told => [
    `${peer} n’a pas répondu à ${count} demandes de suite en ${ms} ms chacune`,
    'le numéro d’unité est-il juste ? Derrière une passerelle : l’appareil est-il allumé, et `timeout` dépasse-t-il l’attente de la passerelle ?',
  ],
  'no-tls': ({ peer }: Given): Told => [`${peer} : ce port ne parle pas TLS`, 'l’adresse est-elle juste ?'],
  'not-this-protocol': ({ peer, detail }: Given): Told => [
    `${peer} envoie autre chose que le protocole attendu : « ${detail} »`,
    'est-ce le bon port, et le bon cadrage ?',
  ],
  'certificate-authority': ({ peer }: Given): Told => [
    `${peer} : le certificat est d’une autorité inconnue`,
    'donnez le certificat de son autorité dans tls.ca, après l’avoir comparé à l’original',
  ],
  'certificate-expired': ({ peer, until }: Given): Told => [
    until === undefined ? `${peer} : le certificat a expiré` : `le certificat du serveur a expiré le ${until}`,
    'renouvelez le certificat du serveur',
  ],
  'certificate-early': ({ from }: Given): Told => [
    `le certificat du serveur n’est pas valable avant ${from}`,
    'comparez les horloges du serveur et de cette machine',
  ],
  'certificate-name': ({ peer }: Given): Told => [
    `${peer} : le certificat est pour un autre nom`,
    'corrigez l’adresse ou donnez tls.serverName',
  ],
  'certificate-untrusted': ({ subject, sha256, connection }: Given): Told => [
    `le certificat du serveur n’est pas encore de confiance : ${subject}, SHA-256 ${sha256}`,
    `comparez l’empreinte avec celle que le serveur affiche, puis ${trustWith(connection)}`,
  ],
  'certificate-changed': ({ subject, sha256, pinned, since, connection }: Given): Told => [
    `le certificat du serveur a changé : de confiance depuis ${since}, SHA-256 ${pinned} ; il montre maintenant ${sha256} (${subject})`,
    `si le serveur a été remplacé ou son certificat renouvelé, ${trustWith(connection)} ; sinon, quelqu’un s’est peut-être interposé`,
  ],
  'not-let-in': ({ peer }: Given): Told => [`${peer} ne nous laisse pas entrer`, 'vérifiez le nom et le mot de passe, ou le jeton'],
  'not-allowed': ({ peer, what }: Given): Told => [
    `${peer} n’autorise pas ${what}`,
    'donnez-en le droit à cet utilisateur, sur le serveur',
  ],
  answered: ({ peer, status }: Given): Told => [`${peer} a répondu ${status}`, OPCUA[String(status)] ?? 'voyez le journal du serveur'],
  'broker-refuses': ({ peer, detail }: Given): Told => [
    `le courtier ${peer} refuse : « ${detail} »`,
    'vérifiez clientId, nom et mot de passe',
  ],
  'subscription-refused': ({ detail, filters }: Given): Told => [
    `le courtier refuse un abonnement : « ${detail} »`,
    `laissez cet utilisateur s’abonner à ${filters}`,
  ],
  'session-ended': ({ peer, detail }: Given): Told => [`${peer} a mis fin à la session : « ${detail} »`, AGAIN],
  'too-large': ({ peer, bytes }: Given): Told => [
    `${peer} envoie plus de ${bytes} octets`,
    'demandez des morceaux plus petits, ou relevez la limite',
  ],
  'message-limit': ({ peer }: Given): Told => [
    `${peer} : le serveur a envoyé un message au-delà de notre limite`,
    'la valeur trop grande est cherchée à la prochaine connexion',
  ],
  'not-offered': ({ wanted, offered }: Given): Told => [
    `le serveur n’offre pas ${wanted} ; il offre ${offered}`,
    'activez-le sur le serveur, ou donnez à security.mode et security.policy une valeur qu’il offre',
  ],
  'http-status': ({ peer, status }: Given): Told => [`${peer} répond par le statut ${status}`, 'voyez le journal du serveur'],
  redirected: ({ peer, to }: Given): Told => [`${peer} renvoie vers un autre hôte, ${to} : refusé`, 'donnez l’adresse définitive'],
  'not-json': ({ peer }: Given): Told => [`${peer} ne répond pas en JSON`, 'l’adresse est-elle juste ?'],
  'no-token': ({ peer }: Given): Told => [`${peer} ne donne pas de jeton`, 'vérifiez auth : tokenUrl, clientId et secret'],
  'no-topic': ({ topic }: Given): Told => [`ce sujet n’existe pas, ou l’un de ceux-ci : ${topic}`, 'créez-le, ou corrigez son nom'],
  'no-column': ({ column, known }: Given): Told => [`la requête n’a pas de colonne ${column}`, `elle a ${known}`],
  'query-slow': ({ seconds }: Given): Told => [`pas de lignes en ${seconds} s`, 'donnez un index à la table, ou relevez queryTimeout'],
  'cannot-listen': ({ peer, detail }: Given): Told => [
    `impossible d’écouter sur ${peer} : ${detail}`,
    'un autre programme occupe-t-il ce port ? Le droit de l’ouvrir est-il donné ?',
  ],
  'folder-unreadable': ({ folder, detail }: Given): Told => [
    `le dossier ${folder} est illisible : ${detail}`,
    'vérifiez le chemin et les droits',
  ],
  'file-unreadable': ({ file, detail }: Given): Told => [
    `le fichier ${file} est illisible : ${detail}`,
    'vérifiez le chemin et les droits',
  ],
  'own-certificate': ({ peer }: Given): Told => [
    `${peer} : un certificat ou une clé à nous ne peut pas servir`,
    'vérifiez les fichiers que nomme la connexion, et le dossier own',
  ],
  'user-kind': ({ peer }: Given): Told => [
    `${peer} n’accepte pas ce genre d’utilisateur`,
    'prenez-en un qu’il offre : anonyme, nom et mot de passe, ou certificat',
  ],
  'answer-unusable': ({ peer, detail }: Given): Told => [
    `${peer} répond ce qui ne peut servir : « ${detail} »`,
    'vérifiez `url`, `path` et `rows` du flux',
  ],
  'pages-endless': ({ peer }: Given): Told => [
    `${peer} : ses pages ne finissent pas, ou se répètent`,
    'corrigez le paramètre sous `paging`, ou relevez `maxPages`',
  ],
  'foreign-link': ({ peer, to }: Given): Told => [
    `${peer} donne un lien vers un autre hôte, ${to} : refusé`,
    'corrigez `url` : c’est l’adresse que le serveur emploie lui-même dans ses liens',
  ],
  'bad-link': ({ peer }: Given): Told => [
    `${peer} donne un lien qui n’en est pas un, trop long, ou avec des identifiants : refusé`,
    'c’est au serveur d’en donner un autre',
  ],
  'no-cursor-value': ({ feed, field }: Given): Told => [
    `aucune ligne de ${feed} n’a de valeur utilisable dans ${field}`,
    'corrigez `cursor.field`',
  ],
  'no-delta': ({ peer }: Given): Told => [
    `${peer} ne donne pas de lien delta sur sa dernière page`,
    'le service ne suit pas ses changements : prenez `cursor` ou `snapshot`',
  ],
  'query-refused': ({ peer, detail }: Given): Told => [
    `${peer} refuse la requête : « ${detail} »`,
    'corrigez la requête, ou donnez-en le droit à cet utilisateur',
  ],
  'sign-in-refused': ({ peer, detail }: Given): Told => [
    `${peer} ne nous laisse pas entrer : « ${detail} »`,
    'vérifiez le nom, le mot de passe et la base',
  ],
  'tls-refused': ({ peer, detail }: Given): Told => [
    `${peer} : le chiffrement ne s’établit pas : « ${detail} »`,
    'le port est-il le bon, avec ou sans TLS, et `tls.ca` est-il juste ?',
  ],
  'query-running': (): Told => ['la requête de la tentative précédente tourne encore', 'rendez-la plus rapide'],
  'query-columns': ({ detail }: Given): Told => [
    `les colonnes de la requête ne conviennent pas : « ${detail} »`,
    'nommez celles qu’il faut, chacune une fois',
  ],
  'too-many-partitions': ({ topic, count, limit }: Given): Told => [
    `le sujet ${topic} a ${count} partitions ; ${limit} au plus sont lues`,
    'prenez un sujet qui en a moins',
  ],
  'broker-gone': (): Told => ['le courtier ou le serveur n’est plus là', AGAIN],
  'consumer-refused': ({ durable, stream, detail }: Given): Told => [
    `le consommateur ${durable} de ${stream} ne convient pas : « ${detail} »`,
    'retirez-le, pour qu’il soit refait, ou donnez un autre nom',
  ],
  'consumer-ended': ({ durable, stream }: Given): Told => [
    `le consommateur ${durable} de ${stream} a pris fin, ou ne répond plus`,
    'a-t-il été retiré, ou son flux ?',
  ],
  'stream-refused': ({ stream, detail }: Given): Told => [
    `le flux ${stream} : « ${detail} »`,
    'JetStream y est-il actif, le flux a-t-il ce sujet, et pouvons-nous l’employer ?',
  ],
  'messages-unbounded': ({ peer, bytes, limit }: Given): Told => [
    `${peer} permet des messages de ${bytes} octets ; nous prenons un serveur qui en permet ${limit} au plus`,
    'baissez max_payload du serveur',
  ],
  'answer-too-large': ({ limit }: Given): Told => [
    `un courtier envoie plus que les ${limit} octets que nous prenons d’un coup`,
    'regardez qui écrit dans le sujet, et la taille de ses lots',
  ],
  'tls-one-sided': ({ peer }: Given): Told => [
    `${peer} : le chiffrement n’est voulu que d’un côté`,
    'tls:// veut un serveur avec TLS, et un serveur qui veut TLS veut tls://',
  ],
  unasked: ({ bytes }: Given): Told => [`l’appareil a envoyé plus de ${bytes} octets que personne n’a demandés`, AGAIN],
  'no-certificate': ({ file }: Given): Told => [
    `${file} ne contient pas de certificat`,
    'c’est un fichier PEM : il commence par -----BEGIN CERTIFICATE-----',
  ],
  'line-lost': ({ detail }: Given): Told => [`la ligne est perdue : « ${detail} »`, AGAIN],
  'line-closed': (): Told => ['l’autre bout a fermé la ligne', AGAIN],
  'line-stalled': ({ seconds }: Given): Told => [`l’autre bout n’a rien pris en ${seconds} s`, AGAIN],
  'line-silent': ({ seconds }: Given): Told => [`rien entendu depuis ${seconds} s`, 'l’autre nœud est-il arrêté, ou la ligne coupée ?'],
  'certificate-clock': ({ peer }: Given): Told => [
    `le certificat de ${peer} n’est pas valable à l’heure de cette machine`,
    'comparez les horloges des deux machines',
  ],
  'own-words': ({ peer, detail }: Given): Told => [`${peer} dit : « ${detail} »`, AGAIN],
  'not-brokers': ({ peer, detail }: Given): Told => [
    `${peer} : « ${detail} »`,
    'sont-ce bien des courtiers, et la ligne est-elle avec ou sans TLS comme ici ?',
  ],
  'signals-bad': ({ good, count, detail }: Given): Told => [
    `${good} signaux sur ${count} se lisent bien${detail ? ` ; ${detail}` : ''}`,
    'comparez les adresses avec `ecluse browse`',
  ],
  'no-certificate-wanted': ({ connection }: Given): Told => [
    `${connection} a security.mode none : il n’y a pas de certificat à reconnaître`,
    'mettez security.mode à sign-and-encrypt',
  ],
  'namespaces-unreadable': ({ file }: Given): Told => [
    `${file} est illisible : personne ne sait quels espaces de noms sont visés`,
    'vérifiez que les adresses `ns=...` suivent la numérotation actuelle du serveur, puis supprimez le fichier',
  ],
  'trust-unreadable': ({ file }: Given): Told => [
    `${file} est illisible : aucun serveur n’est de confiance`,
    'supprimez le fichier et reconnaissez le serveur de nouveau',
  ],
  'cannot-send': ({ detail }: Given): Told => [
    `les datagrammes ne partent pas : « ${detail} »`,
    'vérifiez l’interface, l’adresse dans `link.to`, et la place du disque',
  ],
  'newer-lines': ({ node }: Given): Told => [`${node} a ouvert des connexions plus récentes`, AGAIN],
  'cannot-store': ({ node, detail }: Given): Told => [
    `${node} ne peut pas enregistrer : « ${detail} »`,
    'faites de la place sur son disque',
  ],
  'no-hub': (): Told => ['link.to n’est pas donné', 'dites dans link.to quel hub ou relais appeler'],
  'no-way': ({ way, from, to, conduit }: Given): Told => [
    conduit ? `le conduit ${conduit} ne laisse rien passer de ${from} à ${to}` : `aucun conduit de ${from} à ${to}`,
    `voyez \`ecluse policy explain ${way} send SIGNAL\``,
  ],
  'configuration-refused': ({ detail }: Given): Told => [`configuration refusée : ${detail}`, 'corrigez la configuration et redémarrez'],
  defect: ({ detail }: Given): Told => [
    `erreur interne : ${detail}`,
    'c’est un défaut d’Écluse : signalez-le avec le journal ; la connexion est retentée',
  ],
} satisfies Record<string, (given: Given) => Told>

/** What is said with no code: of lines that we closed ourselves, or that are not open yet. */
const PLAIN: Readonly<Record<string, string>> = {
  closed: 'fermé',
  'not connected': 'pas connecté',
  'not listening': 'pas à l’écoute',
  'no message': 'aucun message',
  'heard enough': 'assez entendu',
  'asked to stop': 'arrêt demandé',
  'the hub stops': 'le hub s’arrête',
  'the line is closed': 'la ligne est fermée',
  'the line is being closed': 'la ligne se ferme',
  'the link is not connected': 'la liaison n’est pas établie',
  'the channel has ended': 'le canal est terminé',
  'stopped while dialling': 'arrêt pendant l’appel',
  'the connection is closed': 'la connexion est fermée',
  'the connection was closed': 'la connexion a été fermée',
  'the connection is not open': 'la connexion n’est pas ouverte',
  'the connection was given up': 'la connexion a été abandonnée',
}
/** Messages that need no code, for the test that looks for those that do. */
export const PLAIN_MESSAGES: readonly string[] = Object.keys(PLAIN)

/** What to do, by the status with which an OPC UA server answers while we connect. */
const OPCUA: Readonly<Record<string, string>> = {
  BadIdentityTokenRejected: 'vérifiez le nom et le mot de passe : le serveur les a refusés',
  BadIdentityTokenInvalid: 'le serveur n’accepte pas ce genre d’utilisateur : voyez `ecluse check`',
  BadUserAccessDenied: 'vérifiez le nom et le mot de passe, et ce que cet utilisateur peut faire sur le serveur',
  BadUserSignatureInvalid: 'la clé privée ne va pas avec le certificat de l’utilisateur',
  BadSecurityChecksFailed: 'le serveur ne nous fait pas encore confiance : acceptez-y le certificat own/certificate.der',
  BadCertificateUntrusted: 'le serveur ne nous fait pas encore confiance : acceptez-y le certificat own/certificate.der',
  BadCertificateTimeInvalid: 'notre certificat est hors de ses dates pour le serveur : comparez les horloges, ou supprimez le dossier own',
  BadCertificateUriInvalid: 'notre certificat ne va pas avec notre URI d’application : supprimez le dossier own pour en avoir un nouveau',
  BadSecurityPolicyRejected: 'donnez à security.policy une valeur que le serveur offre : voyez `ecluse check`',
  BadSecurityModeRejected: 'donnez à security.mode une valeur que le serveur offre : voyez `ecluse check`',
  BadTcpEndpointUrlInvalid: 'le chemin de l’adresse n’est pas de ce serveur',
  BadTooManySessions: 'le serveur n’a plus de session libre : fermez d’autres clients ou relevez sa limite',
  BadTooManySubscriptions: 'le serveur n’a plus d’abonnement libre : fermez d’autres clients ou relevez sa limite',
  BadServerHalted: 'le serveur est arrêté : démarrez-le',
  BadTcpServerTooBusy: 'le serveur est trop occupé pour une connexion : c’est retenté',
}

export type PeerFaultCode = keyof typeof FRENCH
/** Every code, for the test that says each. */
export const PEER_FAULTS = Object.keys(FRENCH) as readonly PeerFaultCode[]

/** A fault by its code; undefined values are left out. */
export const fault = (code: PeerFaultCode, values: Readonly<Record<string, string | number | undefined>> = {}): PeerFault => ({
  code,
  values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given,
})

/** Message and hint in French. */
export const frenchFault = ({ code, values }: PeerFault): Told => FRENCH[code](values)

/** Message and hint of an error: in French where it has a code or is one of ours, else as it stands. */
export function saidIn(
  language: 'en' | 'fr',
  error: { readonly message: string; readonly hint: string | undefined; readonly fault: PeerFault | undefined },
): readonly [message: string, hint: string | undefined] {
  if (language === 'en') return [error.message, error.hint]
  if (error.fault) return frenchFault(error.fault)
  return [Object.hasOwn(PLAIN, error.message) ? (PLAIN[error.message] as string) : error.message, error.hint]
}

/** A fault of the network or of TLS by the system's code; undefined where it says nothing that we have words for. */
export function networkFault(error: unknown, peer: string): PeerFault | undefined {
  const first = error instanceof AggregateError ? error.errors[0] : error
  const code = typeof first === 'object' && first !== null && 'code' in first ? String(first.code) : ''
  const known = Object.hasOwn(BY_SYSTEM, code) ? BY_SYSTEM[code] : undefined
  return known && fault(known, { peer })
}

const BY_SYSTEM: Readonly<Record<string, PeerFaultCode>> = {
  ...{ ECONNREFUSED: 'refused', ENOTFOUND: 'unknown-name', EAI_AGAIN: 'no-name-server', ETIMEDOUT: 'no-answer' },
  ...{ EHOSTUNREACH: 'no-route', ENETUNREACH: 'no-route', ECONNRESET: 'closed', EPIPE: 'closed' },
  ...{ EPROTO: 'no-tls', ERR_SSL_WRONG_VERSION_NUMBER: 'no-tls', ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-name' },
  ...{ SELF_SIGNED_CERT_IN_CHAIN: 'certificate-authority', DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-authority' },
  ...{ UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-authority', UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-authority' },
  CERT_HAS_EXPIRED: 'certificate-expired',
}
