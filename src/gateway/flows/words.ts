import type { FindingCode } from '../../core/flows.ts'
import type { Label } from '../../core/signals.ts'

type Evidence = Readonly<Record<string, string | number>>
interface Words {
  readonly text: (subject: string, evidence: Evidence) => Required<Label>
  readonly advice: Required<Label>
}

/** Why a conduit does not permit a flow, by the reason of the decision; nothing where that there is none says it all. */
const WHY: Readonly<Record<string, Required<Label>>> = {
  'no-zone': { en: ': the zone of one end is not declared', fr: ' : la zone d’un des bouts n’est pas déclarée' },
  transport: { en: ': the one that comes nearest is for another transport', fr: ' : le plus proche est pour un autre transport' },
  peer: { en: ': the one that comes nearest does not name this address', fr: ' : le plus proche ne nomme pas cette adresse' },
  cut: { en: ': it is cut', fr: ' : il est coupé' },
  'not-named': { en: ': the one that comes nearest does not name this', fr: ' : le plus proche ne nomme pas cela' },
}
const why = (reason: string | number | undefined): Required<Label> => WHY[String(reason)] ?? { en: '', fr: '' }

/** What each finding says, and what to do about it. */
const WORDS: Readonly<Record<FindingCode, Words>> = {
  'undeclared-flow': {
    text: (flow, { reason }) => ({
      en: `${flow}: no conduit permits this${why(reason).en}`,
      fr: `${flow} : aucun conduit ne le permet${why(reason).fr}`,
    }),
    advice: {
      en: 'If the business needs it, declare a conduit with its reason; if not, find out who began it and cut it.',
      fr: 'Si le métier en a besoin, déclarez un conduit avec sa raison ; sinon, trouvez qui l’a ouvert et coupez-le.',
    },
  },
  'wrong-direction': {
    text: (flow, { declared, seen }) => ({
      en: `${flow}: opened as ${seen}, the conduit declares ${declared}`,
      fr: `${flow} : ouvert en ${seen}, le conduit déclare ${declared}`,
    }),
    advice: {
      en: 'The wrong end opens the connection: look at the firewall rule between the two zones, and at what dials.',
      fr: 'C’est le mauvais bout qui ouvre la connexion : voyez la règle du pare-feu entre les deux zones, et qui appelle.',
    },
  },
  'expired-conduit': {
    text: (flow, { conduit, reviewBy }) => ({
      en: `${flow}: still used, the decision for conduit ${conduit} ended on ${reviewBy}`,
      fr: `${flow} : encore utilisé, la décision du conduit ${conduit} a pris fin le ${reviewBy}`,
    }),
    advice: {
      en: 'Review the conduit with its owner and its risk owner: renew the decision, or cut it by its isolation plan.',
      fr: 'Revoyez le conduit avec son responsable et celui du risque : renouvelez la décision, ou coupez selon le plan d’isolement.',
    },
  },
  'silent-conduit': {
    text: (conduit, { lastSeen }) => ({
      en: `conduit ${conduit}: nothing has passed since ${lastSeen}`,
      fr: `conduit ${conduit} : rien n’est passé depuis ${lastSeen}`,
    }),
    advice: {
      en: 'Is the other end stopped, or its reports blocked? If nobody needs the conduit any more, remove it.',
      fr: 'L’autre bout est-il arrêté, ou ses messages bloqués ? Si plus personne n’a besoin du conduit, retirez-le.',
    },
  },
  'over-volume': {
    text: (conduit, { bytes, limit }) => ({
      en: `conduit ${conduit}: ${bytes} bytes today, it is declared for ${limit}`,
      fr: `conduit ${conduit} : ${bytes} octets aujourd’hui, il est déclaré pour ${limit}`,
    }),
    advice: {
      en: 'Find out what reads so much more than was foreseen; raise maxBytesPerDay only with a reason.',
      fr: 'Cherchez ce qui lit tellement plus que prévu ; ne relevez maxBytesPerDay qu’avec une raison.',
    },
  },
  'undeclared-service': {
    text: (flow, { service, conduit }) => ({
      en: `${flow}: service ${service} is not among those of conduit ${conduit}`,
      fr: `${flow} : le service ${service} n’est pas parmi ceux du conduit ${conduit}`,
    }),
    advice: {
      en: 'Find out what asks for it; declare it in the conduit’s services only with a reason.',
      fr: 'Cherchez ce qui le demande ; ne l’ajoutez aux services du conduit qu’avec une raison.',
    },
  },
  'new-talker': {
    text: (flow) => ({ en: `${flow}: these two never talked before`, fr: `${flow} : ces deux-là ne se parlaient pas` }),
    advice: {
      en: 'Identify the machine that opened it. If it is expected, learn and accept a new baseline.',
      fr: 'Identifiez la machine qui l’a ouvert. Si c’est attendu, apprenez et acceptez une nouvelle référence.',
    },
  },
  'new-service': {
    text: (flow, { service }) => ({
      en: `${flow}: ${service} was never asked here before`,
      fr: `${flow} : ${service} n’avait jamais été demandé ici`,
    }),
    advice: {
      en: 'Compare with maintenance under way; another tool, or another program, speaks from this address.',
      fr: 'Comparez avec les interventions en cours ; un autre outil, ou un autre programme, parle depuis cette adresse.',
    },
  },
  'new-addresses': {
    text: (flow, { service, addresses, unit }) => ({
      en: `${flow}: ${service} on ${unit === undefined ? '' : `unit ${unit}, `}addresses ${addresses}, never asked before`,
      fr: `${flow} : ${service} sur ${unit === undefined ? '' : `l’unité ${unit}, `}les adresses ${addresses}, jamais demandées avant`,
    }),
    advice: {
      en: 'Somebody looks at, or looks for, other points. Compare with changes of the program that asks.',
      fr: 'Quelqu’un regarde, ou cherche, d’autres points. Comparez avec les changements du programme qui demande.',
    },
  },
  'unexpected-write': {
    text: (flow, { service, addresses, unit }) => ({
      en: `${flow}: a write (${service})${unit === undefined ? '' : ` to unit ${unit}`}${addresses === undefined ? '' : `, addresses ${addresses}`} that did not come from this node`,
      fr: `${flow} : une écriture (${service})${unit === undefined ? '' : ` vers l’unité ${unit}`}${addresses === undefined ? '' : `, adresses ${addresses}`} qui ne vient pas de ce nœud`,
    }),
    advice: {
      en: 'Ask the control room whether somebody commanded this. If nobody did, isolate the source and check the process by eye.',
      fr: 'Demandez à la salle de contrôle si quelqu’un a donné cet ordre. Sinon, isolez la source et vérifiez le procédé sur place.',
    },
  },
  'exception-burst': {
    text: (flow, { exceptions, seconds, code }) => ({
      en: `${flow}: refused ${exceptions} times within ${seconds} s (last ${code})`,
      fr: `${flow} : refusé ${exceptions} fois en ${seconds} s (dernier ${code})`,
    }),
    advice: {
      en: 'Typical of a scan for addresses or services. Look at what runs at the source; a wrong register map does the same.',
      fr: 'Typique d’un balayage d’adresses ou de services. Voyez ce qui tourne à la source ; une mauvaise table de registres fait de même.',
    },
  },
  'identity-change': {
    text: (device, { field, before, now }) => ({
      en: `${device}: its ${field} was ${before}, now it is ${now}`,
      fr: `${device} : ${field} était ${before}, c’est maintenant ${now}`,
    }),
    advice: {
      en: 'Compare with the maintenance log: a change of mode, program or firmware that nobody announced is an incident.',
      fr: 'Comparez avec le journal de maintenance : un changement de mode, de programme ou de micrologiciel non annoncé est un incident.',
    },
  },
  'certificate-change': {
    text: (device, { before, now }) => ({
      en: `${device}: shows another certificate (${now}) than before (${before})`,
      fr: `${device} : montre un autre certificat (${now}) qu’avant (${before})`,
    }),
    advice: {
      en: 'If it was renewed, compare the fingerprint at the device and accept a new baseline; if not, somebody may be in between.',
      fr: 'S’il a été renouvelé, comparez l’empreinte sur l’équipement et acceptez une nouvelle référence ; sinon, quelqu’un est peut-être entre les deux.',
    },
  },
  'replayed-values': {
    text: (signal, { samples, secondsAgo }) => ({
      en: `${signal}: the last ${samples} values are those of ${secondsAgo} s before, one by one`,
      fr: `${signal} : les ${samples} dernières valeurs sont celles d’il y a ${secondsAgo} s, une par une`,
    }),
    advice: {
      en: 'Real measurements do not repeat to the last digit. Read the instrument on site before you trust this signal.',
      fr: 'De vraies mesures ne se répètent pas au dernier chiffre. Lisez l’instrument sur place avant de croire ce signal.',
    },
  },
  'frozen-clock': {
    text: (connection, { batches, seconds }) => ({
      en: `${connection}: ${batches} deliveries in ${seconds} s, and the device’s time does not move`,
      fr: `${connection} : ${batches} livraisons en ${seconds} s, et l’heure de l’équipement n’avance pas`,
    }),
    advice: {
      en: 'The source repeats itself, or somebody repeats it. Compare with the device itself.',
      fr: 'La source se répète, ou quelqu’un la répète. Comparez avec l’équipement lui-même.',
    },
  },
  silence: {
    text: (flow, { seconds, usual }) => ({
      en: `${flow}: silent for ${seconds} s, it never was for more than ${usual} s`,
      fr: `${flow} : muet depuis ${seconds} s, jamais plus de ${usual} s auparavant`,
    }),
    advice: {
      en: 'Is the device stopped, or its reports blocked on the way? Values from it are not current.',
      fr: 'L’équipement est-il arrêté, ou ses messages bloqués en route ? Ses valeurs ne sont pas à jour.',
    },
  },
  'new-egress': {
    text: (flow) => ({ en: `${flow}: goes out to a place nothing went to before`, fr: `${flow} : sort vers un lieu où rien n’allait` }),
    advice: {
      en: 'Nothing in the plant should reach out by itself. Cut it at the firewall first, then look at the source.',
      fr: 'Rien dans l’usine ne devrait sortir de lui-même. Coupez d’abord au pare-feu, puis voyez la source.',
    },
  },
  'sign-in-burst': {
    text: (from, { failures, seconds }) => ({
      en: `${failures} failed sign-ins from ${from} within ${seconds} s`,
      fr: `${failures} connexions refusées depuis ${from} en ${seconds} s`,
    }),
    advice: {
      en: 'Somebody guesses, or a program has an old password. See the audit log for the account that was tried.',
      fr: 'Quelqu’un devine, ou un programme a un vieux mot de passe. Voyez le journal d’audit pour le compte visé.',
    },
  },
  canary: {
    text: (canary, { by, how }) => ({
      en: `${canary}, which nobody should touch, was touched by ${by} (${how})`,
      fr: `${canary}, que personne ne doit toucher, a été touché par ${by} (${how})`,
    }),
    advice: {
      en: 'Nothing legitimate uses it: treat the source as hostile until it is explained.',
      fr: 'Rien de légitime ne s’en sert : tenez la source pour hostile jusqu’à explication.',
    },
  },
  'root-differs': {
    text: (node, { hour, from, to }) => ({
      en: `${node}: its root of the hour from ${hour} (records ${from} to ${to}) is not the one this node computed as they arrived`,
      fr: `${node} : sa racine de l’heure de ${hour} (entrées ${from} à ${to}) n’est pas celle que ce nœud a calculée à leur arrivée`,
    }),
    advice: {
      en: 'One of the two logs was changed. Run `ecluse evidence verify` on the data directory of each, with the public key of each; keep both as they are until it is explained.',
      fr: 'L’un des deux journaux a été modifié. Lancez `ecluse evidence verify` sur le dossier de données de chacun, avec sa clé publique ; gardez les deux tels quels jusqu’à explication.',
    },
  },
}

export const wordsOf = (code: FindingCode, subject: string, evidence: Evidence): { text: Required<Label>; advice: Required<Label> } => ({
  text: WORDS[code].text(subject, evidence),
  advice: WORDS[code].advice,
})
