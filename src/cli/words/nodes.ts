import type { CarriedRefusal, RefusalCode } from '../../core/link.ts'
import type { NodeRole, TimeLeft } from '../../core/node-view.ts'

type FindingCode = typeof import('../../api/node-schemas.ts').NODE_FINDINGS[number]
/** `node` is whom it is about, `detail` a count or how long. */
type Said = (node: string, detail: string) => string

export const nodesEn = {
  roles: { all: 'all in one', edge: 'edge', relay: 'relay', hub: 'hub' } as Record<NodeRole, string>,
  role: (role: string) => `role: ${role}`,
  address: (address: string) => `other nodes reach it at ${address}`,
  alone: 'nothing is sent on',
  link: (endpoint: string, peer: string, state: string, since: string) =>
    `link to ${endpoint}${peer && ` (${peer})`}: ${state} for ${since}`,
  states: { connecting: 'connecting', connected: 'connected', waiting: 'down', refused: 'refused', stopped: 'stopped' },
  behind: (records: number, held: string) => `${records} record(s) behind, ${held} held for it`,
  roundTrip: (ms: string) => `round trip ${ms} ms`,
  certificate: (days: number) => (days < 0 ? 'certificate expired' : `certificate: ${days} days left`),
  timeLeft: (time: string, growth: string, effect: string) => `works alone for ${time} at the present rate (${growth}/s); then ${effect}`,
  holds: (time: string, growth: string, effect: string) =>
    `without the historian the spool holds ${time} at the present rate (${growth}/s); then ${effect}`,
  measuring: 'how long it works alone is measured in half a minute',
  effects: { block: 'sources are made to wait', 'drop-oldest': 'the oldest data is given up' } as Record<TimeLeft['effect'], string>,
  others: { live: 'live', uncertain: 'silent', bad: 'SILENT', expected: 'expected', revoked: 'revoked' },
  node: 'NODE',
  state: 'STATE',
  signals: 'SIGNALS',
  lag: 'BEHIND',
  records: 'RECORDS',
  lost: 'LOST',
  heard: 'HEARD',
  days: 'CERT. DAYS',
  more: (count: number) => `and ${count} more node(s): -o json lists all`,
  unknown: '?',
  findings: {
    'link-down': (node, detail) => `${node} has not reached the next node for ${detail}`,
    'link-refused': (node, detail) => `the next node has refused ${node} for ${detail}`,
    'spool-problem': (node) => `the spool of ${node} cannot write`,
    'spool-short': (node, detail) => `alone, ${node} lasts only ${detail}`,
    'data-dropped': (node, detail) => `${node} has given up ${detail} sample(s) or record(s) since its start`,
    'nodes-silent': (node, detail) => `${detail} node(s) are silent, ${node} among them`,
    'sender-refused': (node, detail) => `${node} was turned away ${detail} times`,
    'import-refused': (node, file) => `${node} refused the file ${file} carried by hand; nothing of it was taken in`,
    'signals-contested': (node, detail) => `${detail} signal(s) come from two nodes at once: ${node}`,
    'signals-unseen': (node, detail) => `${detail} signal(s) of ${node} find no room here: stored, and not seen live`,
    'certificate-expiring': (node, detail) => `certificate of ${node}: ${detail} days left`,
    'certificate-expired': (node) => `certificate of ${node}: expired`,
    'no-zones': (node, detail) => `no zones are declared, and ${detail} way(s) lead out of ${node}: everything may pass`,
    'review-due': (node, detail) => `the review of conduit ${node} is due in ${detail} day(s); after that nothing passes`,
    'review-overdue': (node) => `the review of conduit ${node} is overdue: nothing passes until somebody decides again`,
    'not-approved': (node, detail) => `the configuration ${node} runs without ${detail} of the approvals that are asked for`,
  } satisfies Record<FindingCode, Said> as Record<FindingCode, Said>,
  refusals: {
    'not-enrolled':
      'its certificate is unknown or not in force: `ecluse node add NAME --replace` on the hub, then `ecluse enroll TOKEN --replace`; compare the clocks',
    revoked: 'its identity was revoked on the hub: `ecluse node list` says by whom and why',
    'identity-used-twice':
      'two programs use one identity: stop the copy, give it a name and an empty data directory of its own and enrol it, or revoke a stolen key',
    'epoch-superseded':
      'its spool is a copy, and the other one went on: move the spool folder away, a new epoch begins; what was not sent stays in this node’s history, and is a gap there',
    forked:
      'its log and what the other end has went apart: see that one program only runs on it, then move the spool folder away; what was not sent stays in this node’s history, and is a gap there',
    'chain-broken': 'something was changed on the way or on its disk: `ecluse spool verify` there',
    'out-of-order': 'bring both ends to the same version; report it if it stays',
    malformed: 'see that the address leads to an Écluse node; bring both ends to the same version',
    'too-large': 'bring both ends to the same version; report it if it stays',
    'protocol-version': 'update the older end; receivers first',
    'not-permitted': '`node.id` must be the enrolled name; only a relay hands over the logs of others',
    'no-conduit':
      'no conduit lets it pass: compare `zones:`, `conduits:` and `link.nodes` of both ends; `ecluse policy matrix` says what passes',
    'wrong-hub':
      'whoever answers there is not the hub or relay that this node enrolled with: correct `link.to`, or enrol again with a token of that one and --replace',
  } as Record<RefusalCode, string>,
  certificates: {
    node: (node: string) => node,
    authority: (node: string) => `the authority of ${node}`,
    listener: (node: string) => `the listener of ${node}`,
  },
  renewal: {
    'certificate-expiring': 'it should have been renewed by now: see the log of that node, and whether the way to its authority is open',
    'certificate-expired':
      'enrol again: `ecluse node add NAME --replace` on the hub, then `ecluse enroll TOKEN --replace`; one of your own authority: put a new file in its place',
  },
  carried: {
    'not-records': 'it is no file of records: export it again',
    damaged: 'it is damaged or cut: copy it again, or export it again',
    'chain-broken': 'records in it were changed on the way: export it again at the sender',
    foreign: 'it does not belong to what is here: export it again with the gaps.json that is here now',
    'not-permitted': 'no conduit lets it pass, or its node is no sender here: compare `zones:`, `conduits:` and `link.diode.senders`',
  } as Record<CarriedRefusal, string>,
  check: 'role',
  nodes: 'nodes',
  fine: 'link, spool, other nodes and certificates: nothing to look at',
  notAnswering: (url: string) => `a node should run at ${url}, and does not answer`,
  notAnsweringHint: 'it ended without tidying up, or hangs: see its log; start it again with `ecluse run`',
  spool: 'spool',
  spoolFits: (most: string) => `up to ${most}, and the disk has room for it`,
  spoolTooLarge: (most: string, room: string) => `may grow to ${most}, the disk has room for ${room}`,
  spoolHint: 'the node would work alone for less than spool.maxBytes promises: free some space, or lower spool.maxBytes',
}

export const nodesFr: typeof nodesEn = {
  roles: { all: 'tout en un', edge: 'edge', relay: 'relais', hub: 'hub' },
  role: (role) => `rôle : ${role}`,
  address: (address) => `les autres nœuds le joignent à ${address}`,
  alone: 'rien n’est transmis',
  link: (endpoint, peer, state, since) => `liaison vers ${endpoint}${peer && ` (${peer})`} : ${state} depuis ${since}`,
  states: { connecting: 'en connexion', connected: 'connectée', waiting: 'coupée', refused: 'refusée', stopped: 'arrêtée' },
  behind: (records, held) => `${records} enregistrement(s) de retard, ${held} gardés pour elle`,
  roundTrip: (ms) => `aller-retour ${ms} ms`,
  certificate: (days) => (days < 0 ? 'certificat expiré' : `certificat : ${days} jours restants`),
  timeLeft: (time, growth, effect) => `travaille seul pendant ${time} au rythme actuel (${growth}/s) ; ensuite ${effect}`,
  holds: (time, growth, effect) => `sans l’historien, la file tient ${time} au rythme actuel (${growth}/s) ; ensuite ${effect}`,
  measuring: 'la durée possible sans liaison est mesurée d’ici une demi-minute',
  effects: { block: 'les sources attendent', 'drop-oldest': 'les données les plus anciennes sont abandonnées' },
  others: { live: 'en direct', uncertain: 'silencieux', bad: 'SILENCIEUX', expected: 'attendu', revoked: 'révoqué' },
  node: 'NŒUD',
  state: 'ÉTAT',
  signals: 'SIGNAUX',
  lag: 'RETARD',
  records: 'ENREG.',
  lost: 'PERDUS',
  heard: 'ENTENDU',
  days: 'JOURS CERT.',
  more: (count) => `et ${count} nœud(s) de plus : -o json les liste tous`,
  unknown: '?',
  findings: {
    'link-down': (node, detail) => `${node} ne joint plus le nœud suivant depuis ${detail}`,
    'link-refused': (node, detail) => `le nœud suivant refuse ${node} depuis ${detail}`,
    'spool-problem': (node) => `la file de ${node} ne peut pas écrire`,
    'spool-short': (node, detail) => `seul, ${node} ne tient que ${detail}`,
    'data-dropped': (node, detail) => `${node} a abandonné ${detail} échantillon(s) ou enregistrement(s) depuis son démarrage`,
    'nodes-silent': (node, detail) => `${detail} nœud(s) silencieux, dont ${node}`,
    'sender-refused': (node, detail) => `${node} a été refusé ${detail} fois`,
    'import-refused': (node, file) => `${node} a refusé le fichier ${file} apporté à la main ; rien n’en a été pris`,
    'signals-contested': (node, detail) => `${detail} signal(aux) viennent de deux nœuds à la fois : ${node}`,
    'signals-unseen': (node, detail) => `${detail} signal(aux) de ${node} ne trouvent pas de place ici : enregistrés, et non vus en direct`,
    'certificate-expiring': (node, detail) => `certificat de ${node} : ${detail} jours restants`,
    'certificate-expired': (node) => `certificat de ${node} : expiré`,
    'no-zones': (node, detail) => `aucune zone n’est déclarée, et ${detail} voie(s) sortent de ${node} : tout peut passer`,
    'review-due': (node, detail) => `la revue du conduit ${node} est due dans ${detail} jour(s) ; ensuite rien ne passe`,
    'review-overdue': (node) => `la revue du conduit ${node} est dépassée : rien ne passe tant que personne n’a décidé à nouveau`,
    'not-approved': (node, detail) => `la configuration ${node} tourne sans ${detail} des approbations demandées`,
  },
  refusals: {
    'not-enrolled':
      'son certificat est inconnu ou pas en vigueur : `ecluse node add NOM --replace` sur le hub, puis `ecluse enroll JETON --replace` ; comparez les horloges',
    revoked: 'son identité a été révoquée sur le hub : `ecluse node list` dit par qui et pourquoi',
    'identity-used-twice':
      'deux programmes utilisent une même identité : arrêtez la copie, donnez-lui un nom et un répertoire de données vide à elle et inscrivez-la, ou révoquez une clé volée',
    'epoch-superseded':
      'sa file est une copie, et l’autre a continué : déplacez le dossier spool, une nouvelle époque commence ; ce qui n’était pas parti reste dans l’historique de ce nœud, et est un trou là-bas',
    forked:
      'son journal et ce que l’autre côté en a ont divergé : assurez-vous qu’un seul programme l’utilise, puis déplacez le dossier spool ; ce qui n’était pas parti reste dans l’historique de ce nœud, et est un trou là-bas',
    'chain-broken': 'quelque chose a été changé en route ou sur son disque : `ecluse spool verify` là-bas',
    'out-of-order': 'mettez les deux côtés à la même version ; signalez-le si cela reste',
    malformed: 'vérifiez que l’adresse mène à un nœud Écluse ; mettez les deux côtés à la même version',
    'too-large': 'mettez les deux côtés à la même version ; signalez-le si cela reste',
    'protocol-version': 'mettez à jour le côté le plus ancien ; les récepteurs d’abord',
    'not-permitted': '`node.id` doit être le nom inscrit ; seul un relais remet les journaux des autres',
    'no-conduit':
      'aucun conduit ne le laisse passer : comparez `zones:`, `conduits:` et `link.nodes` des deux côtés ; `ecluse policy matrix` dit ce qui passe',
    'wrong-hub':
      'qui répond là n’est pas le hub ou le relais auprès duquel ce nœud s’est inscrit : corrigez `link.to`, ou inscrivez-le à nouveau avec un jeton de celui-là et --replace',
  },
  certificates: {
    node: (node) => node,
    authority: (node) => `l’autorité de ${node}`,
    listener: (node) => `l’écoute de ${node}`,
  },
  renewal: {
    'certificate-expiring': 'il devrait déjà être renouvelé : voyez le journal de ce nœud, et si le chemin vers son autorité est ouvert',
    'certificate-expired':
      'inscrivez à nouveau : `ecluse node add NOM --replace` sur le hub, puis `ecluse enroll JETON --replace` ; s’il vient de votre autorité, mettez un nouveau fichier à sa place',
  },
  carried: {
    'not-records': 'ce n’est pas un fichier d’enregistrements : exportez-le à nouveau',
    damaged: 'il est abîmé ou coupé : copiez-le ou exportez-le à nouveau',
    'chain-broken': 'des enregistrements en ont été modifiés en route : exportez-le à nouveau chez l’émetteur',
    foreign: 'il ne correspond pas à ce qui est ici : exportez-le à nouveau avec le gaps.json qui est ici maintenant',
    'not-permitted':
      'aucun conduit ne le laisse passer, ou son nœud n’est pas un émetteur ici : comparez `zones:`, `conduits:` et `link.diode.senders`',
  },
  check: 'rôle',
  nodes: 'nœuds',
  fine: 'liaison, file, autres nœuds et certificats : rien à signaler',
  notAnswering: (url) => `un nœud devrait tourner à ${url}, et ne répond pas`,
  notAnsweringHint: 'il s’est arrêté sans ranger, ou il est bloqué : voyez son journal ; relancez-le avec `ecluse run`',
  spool: 'file sur disque',
  spoolFits: (most) => `jusqu’à ${most}, et le disque a la place`,
  spoolTooLarge: (most, room) => `peut atteindre ${most}, le disque a de la place pour ${room}`,
  spoolHint: 'le nœud travaillerait seul moins longtemps que spool.maxBytes ne le promet : libérez de la place, ou baissez spool.maxBytes',
}
