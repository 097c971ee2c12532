import type { MomentLeftOut, NotJudged } from '../../core/discovery.ts'

const leftOutEn: Record<MomentLeftOut, string> = {
  close: 'came soon after another one',
  'start-unseen': 'whose beginning nobody saw',
  'no-value': 'without a value',
  'no-controls': 'with too few other times to compare with',
  'over-limit': 'beyond the limit',
  'not-read': 'not read in time',
}
const notJudgedEn: Record<NotJudged['reason'], string> = {
  coverage: 'too little of it is covered by usable readings',
  few: 'too few moments',
  constant: 'it never moved',
  text: 'too many different texts',
}

/** What `ecluse discover` says. */
export const discoverEn = {
  signal: 'SIGNAL',
  what: 'MOVED',
  lead: 'BEFORE',
  effect: 'EFFECT',
  q: 'FALSE RATE',
  moments: 'OF',
  coverage: 'COVERED',
  features: { level: 'level', slope: 'slope', share: 'state', transitions: 'changes' },
  progress: {
    reading: (done: number, of: number, samples: number) => `reading: ${done} of ${of} windows, ${samples} samples`,
    judging: (done: number, of: number, _samples: number) => `judging: ${done} of ${of} signals`,
  },
  nothing: 'nothing was found: no signal moved before in a way that chance does not explain',
  noMoments: 'nothing to compare: the target was not seen in this period often enough, or not apart enough',
  noTests: 'nothing could be compared, for the reasons told',
  compared: (moments: number, found: number, controls: number, signals: number, tests: number) =>
    `looked at ${moments} of ${found} moment(s)${controls > 0 ? ` against ${controls} others` : ''}, ${signals} signal(s), ${tests} comparison(s)`,
  leftOut: (count: number, why: MomentLeftOut) => `left out: ${count} moment(s) ${leftOutEn[why]}`,
  notJudged: (count: number, why: NotJudged['reason'], names: string) => `not judged: ${count} signal(s), ${notJudgedEn[why]}: ${names}`,
  signalsLeftOut: (count: number) => `${count} signal(s) more than the limit were not looked at: narrow it down with --match`,
  stopped: {
    time: 'the time ran out: only a part drawn at random was read',
    samples: 'too many samples: only a part drawn at random was read',
  },
  truncated: 'too many results: only the newest were read, the period is shorter than asked',
  anyHour: 'the period is shorter than three days: a daily rhythm looks the same as what is searched for',
  ended: 'the node ended the search without an answer',
}

export const discoverFr: typeof discoverEn = {
  signal: 'SIGNAL',
  what: 'A BOUGÉ',
  lead: 'AVANT',
  effect: 'EFFET',
  q: 'TAUX DE FAUX',
  moments: 'SUR',
  coverage: 'COUVERT',
  features: { level: 'niveau', slope: 'pente', share: 'état', transitions: 'changements' },
  progress: {
    reading: (done, of, samples) => `lecture : ${done} fenêtres sur ${of}, ${samples} mesures`,
    judging: (done, of) => `jugement : ${done} signaux sur ${of}`,
  },
  nothing: 'rien n’a été trouvé : aucun signal n’a bougé avant d’une façon que le hasard n’explique pas',
  noMoments: 'rien à comparer : la cible n’a pas été vue assez souvent dans cette période, ou pas assez espacée',
  noTests: 'rien n’a pu être comparé, pour les raisons dites',
  compared: (moments, found, controls, signals, tests) =>
    `${moments} moment(s) examiné(s) sur ${found}${controls > 0 ? `, contre ${controls} autres` : ''}, ${signals} signal(aux), ${tests} comparaison(s)`,
  leftOut: (count, why) =>
    `écarté : ${count} moment(s) ${
      {
        close: 'trop près d’un précédent',
        'start-unseen': 'dont personne n’a vu le début',
        'no-value': 'sans valeur',
        'no-controls': 'avec trop peu d’autres moments à comparer',
        'over-limit': 'au-delà de la limite',
        'not-read': 'non lus à temps',
      }[why]
    }`,
  notJudged: (count, why, names) =>
    `non jugé : ${count} signal(aux), ${
      {
        coverage: 'trop peu couvert(s) par des mesures utilisables',
        few: 'trop peu de moments',
        constant: 'n’a jamais bougé',
        text: 'trop de textes différents',
      }[why]
    } : ${names}`,
  signalsLeftOut: (count) => `${count} signal(aux) au-delà de la limite n’ont pas été examinés : précisez avec --match`,
  stopped: {
    time: 'le temps imparti est écoulé : seule une partie tirée au hasard a été lue',
    samples: 'trop de mesures : seule une partie tirée au hasard a été lue',
  },
  truncated: 'trop de résultats : seuls les plus récents ont été lus, la période est plus courte que demandé',
  anyHour: 'la période fait moins de trois jours : un rythme quotidien ressemble à ce qui est cherché',
  ended: 'le nœud a mis fin à la recherche sans réponse',
}
