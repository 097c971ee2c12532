import type { FactType, RevisionCause } from '../../core/facts.ts'
import type { RecordCounts } from '../../core/node-view.ts'

const typesEn: Record<'signal' | FactType, string> = { signal: 'signal', event: 'event', join: 'join', kpi: 'KPI' }
const causesEn: Record<RevisionCause, string> = {
  first: 'first',
  progress: 'goes on',
  'late-samples': 'late samples',
  record: 'record changed',
  fact: 'input changed',
  declaration: 'declared otherwise',
  recompute: 'recomputed',
}

/** What `ecluse records`, `facts` and `recompute` say. */
export const recordsEn = {
  kind: 'KIND',
  key: 'KEY',
  fields: 'FIELDS (* REQUIRED)',
  sources: 'SOURCES',
  source: 'SOURCE',
  revision: 'REV',
  known: 'KNOWN SINCE',
  reason: 'REASON',
  row: 'ROW',
  system: 'SYSTEM',
  name: 'NAME',
  records: 'RECORDS',
  perhaps: 'PERHAPS',
  deleted: 'deleted',
  noEquipment: 'unknown equipment',
  disagrees: (fields: string) => `another source says otherwise: ${fields}`,
  noKinds: 'no kind of IT record is declared: `records:` in the configuration does',
  none: 'no records',
  more: (limit: number) => `more than ${limit}: narrow it down, or --limit`,
  noQuarantine: 'no row is in quarantine',
  releaseHint: 'when the declaration is corrected: `ecluse records release ID...`',
  released: (count: number) => `${count} row(s) released`,
  allKnown: 'every name of equipment is known',
  counts: (name: string, { rows, known, versions, deleted, quarantined, blurred }: RecordCounts) =>
    `${name}: ${rows} row(s) read, ${known} of them known, ${versions} new version(s), ${deleted} deleted, ${quarantined} in quarantine${
      quarantined > 0 ? ' (`ecluse records quarantine`)' : ''
    }${blurred > 0 ? `, ${blurred} snapshot(s) could not tell what was deleted` : ''}`,
  aliasHint: 'a name becomes known by an alias: `equipment: PATH: aliases: [{ system, name }]`',
}

export const factsEn = {
  name: 'NAME',
  type: 'TYPE',
  upTo: 'STORED UP TO',
  waiting: 'WAITING',
  lag: 'LAG',
  published: 'PUBLISHED',
  late: 'TOO LATE',
  key: 'KEY',
  equipment: 'EQUIPMENT',
  from: 'FROM',
  to: 'TO',
  goesOn: 'goes on',
  revision: 'REV',
  because: 'BECAUSE',
  withdrawn: 'withdrawn',
  types: typesEn,
  causes: causesEn,
  noDefinitions: 'nothing is computed: `events:`, `correlations:` and `kpis:` in the configuration declare it',
  none: 'no results',
  more: (limit: number) => `more than ${limit}: narrow it down, or --limit`,
  recomputing: (names: string) => `computing anew: ${names}. Results come as they are ready; \`ecluse facts\` shows how far it is`,
}

export const recordsFr: typeof recordsEn = {
  kind: 'TYPE',
  key: 'CLÉ',
  fields: 'CHAMPS (* OBLIGATOIRE)',
  sources: 'SOURCES',
  source: 'SOURCE',
  revision: 'RÉV',
  known: 'CONNU DEPUIS',
  reason: 'RAISON',
  row: 'LIGNE',
  system: 'SYSTÈME',
  name: 'NOM',
  records: 'ENREGISTREMENTS',
  perhaps: 'PEUT-ÊTRE',
  deleted: 'supprimé',
  noEquipment: 'équipement inconnu',
  disagrees: (fields) => `une autre source dit autrement : ${fields}`,
  noKinds: 'aucun type d’enregistrement n’est déclaré : `records:` dans la configuration le fait',
  none: 'aucun enregistrement',
  more: (limit) => `plus de ${limit} : précisez, ou --limit`,
  noQuarantine: 'aucune ligne n’est en quarantaine',
  releaseHint: 'une fois la déclaration corrigée : `ecluse records release ID...`',
  released: (count) => `${count} ligne(s) libérée(s)`,
  allKnown: 'tous les noms d’équipement sont connus',
  counts: (name, { rows, known, versions, deleted, quarantined, blurred }) =>
    `${name} : ${rows} ligne(s) lue(s), dont ${known} connue(s), ${versions} nouvelle(s) version(s), ${deleted} suppression(s), ${quarantined} en quarantaine${
      quarantined > 0 ? ' (`ecluse records quarantine`)' : ''
    }${blurred > 0 ? `, ${blurred} relevé(s) complet(s) sans pouvoir dire ce qui est supprimé` : ''}`,
  aliasHint: 'un nom devient connu par un alias : `equipment: CHEMIN: aliases: [{ system, name }]`',
}

export const factsFr: typeof factsEn = {
  name: 'NOM',
  type: 'GENRE',
  upTo: 'STOCKÉ JUSQU’À',
  waiting: 'EN ATTENTE',
  lag: 'RETARD',
  published: 'PUBLIÉS',
  late: 'TROP TARD',
  key: 'CLÉ',
  equipment: 'ÉQUIPEMENT',
  from: 'DÉBUT',
  to: 'FIN',
  goesOn: 'en cours',
  revision: 'RÉV',
  because: 'CAUSE',
  withdrawn: 'retiré',
  types: { signal: 'signal', event: 'évènement', join: 'croisement', kpi: 'indicateur' },
  causes: {
    first: 'premier',
    progress: 'se poursuit',
    'late-samples': 'mesures tardives',
    record: 'enregistrement modifié',
    fact: 'entrée modifiée',
    declaration: 'déclaration modifiée',
    recompute: 'recalculé',
  },
  noDefinitions: 'rien n’est calculé : `events:`, `correlations:` et `kpis:` dans la configuration le déclarent',
  none: 'aucun résultat',
  more: (limit) => `plus de ${limit} : précisez, ou --limit`,
  recomputing: (names) => `recalcul en cours : ${names}. Les résultats arrivent au fur et à mesure ; \`ecluse facts\` montre l’avancement`,
}
