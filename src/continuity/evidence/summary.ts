import type { ApprovalState } from '../../core/changes.ts'
import type { Verification } from '../../core/evidence.ts'
import { formatTime } from '../../core/time.ts'
import { type Cover, IEC_62443_3_3, NIS2_21_2, type Requirement } from './mapping.ts'

export type SummaryLanguage = 'en' | 'fr'

export interface Summary {
  readonly node: string
  readonly site: string
  readonly from: string
  readonly to: string
  readonly time: string
  readonly key: string
  readonly verification: Verification
  /** Figures of the inventory; a part that could not be had is absent. */
  readonly counts: Readonly<Record<'connections' | 'signals' | 'nodes' | 'contracts' | 'findings', number | undefined>>
  readonly changes: readonly { readonly time: string; readonly kind: string; readonly who: string; readonly what: string }[]
  /** Who lets configurations run; absent: it could not be asked. */
  readonly approvals?: {
    readonly rule: { readonly approvals: number; readonly by: readonly string[] }
    readonly running: { readonly version: string; readonly digest: string; readonly state: ApprovalState }
    readonly changes: readonly {
      readonly digest: string
      readonly proposed: { readonly who: string; readonly reason: string; readonly time: string }
      readonly approvals: readonly { readonly who: string; readonly reason: string; readonly time: string }[]
      readonly missing: number
    }[]
  }
  /** How much of a policy is declared, and how many of its tests do not hold. */
  readonly policy: { readonly zones: number; readonly conduits: number; readonly tests: number; readonly failed: number }
  /** Parts that are not in the folder, and why. */
  readonly absent: readonly { readonly file: string; readonly reason: string }[]
}

const WORDS = {
  en: {
    title: 'Evidence',
    of: (node: string, site: string) => `Node ${node} at ${site}`,
    period: (from: string, to: string) => `Period ${from} to ${to}`,
    made: (time: string) => `Made ${time}`,
    result: 'Verification',
    sound: 'Nothing was found altered, missing or reordered.',
    unsound: (file: string, what: string) => `Something is wrong first in ${file}: ${what}.`,
    spool: (records: number, first: number, last: number, time: string) => `${records} records, ${first} to ${last}; signed ${time}`,
    unsigned: (count: number) => `${count} records after the signed head are chained and not signed yet`,
    late: (count: number) => `${count} segments were signed at a later start`,
    audit: (entries: number) => `${entries} entries of the audit log`,
    roots: (count: number) => `${count} hourly roots computed again from the records`,
    carried: (node: string, records: number, first: number, last: number, time: string) =>
      `${records} records of ${node}, ${first} to ${last}; the file was signed ${time}`,
    withheld: (count: number) => `${count} of them only as a gap: the policy withheld what they hold`,
    missing: (from: number, to: number, cause: string) => `${from} to ${to} were asked for and are not in it: ${cause}`,
    key: 'Public key (SHA-256). Compare it with the one you were given another way, and check again: ecluse evidence verify FOLDER --key KEY.pem',
    inventory: 'Inventory',
    counts: { connections: 'Connections', signals: 'Signals', nodes: 'Nodes', contracts: 'Data contracts', findings: 'Findings' },
    unknown: 'not known: see what is absent',
    zones: 'Zones and conduits',
    zonesText: ({ zones, conduits, tests, failed }: Summary['policy']) =>
      zones === 0
        ? 'None are declared: everything counts as one zone.'
        : `${zones} zones, ${conduits} conduits; ${tests} policy tests, ${failed} of them do not hold. See policies/zones-and-conduits.json.`,
    approvals: 'Configurations and who approved them',
    asked: (count: number, by: string) =>
      count === 0
        ? 'No approval is asked for.'
        : `A change needs ${count} approval(s) of others than who proposes it${by === '' ? '' : `, by ${by}`}.`,
    running: (version: string, digest: string) => `In force: version ${version}, digest ${digest}: `,
    states: {
      approved: 'approved.',
      'not-asked': 'approved by nobody; none was asked for when it began.',
      missing: 'it runs without the approvals that are asked for.',
      unknown: 'nobody kept who approved it.',
    },
    approvalColumns: ['Digest', 'Proposed', 'Approved', 'Lacking'],
    proposedBy: (who: string, time: string, reason: string) => `${time} by ${who}: ${reason}`,
    approvedBy: (who: string, time: string, reason: string) => `approved by ${who}, ${time}: ${reason}`,
    changes: 'Changes and acts of the period',
    columns: ['Time', 'Kind', 'Who', 'What'],
    noChanges: 'None.',
    absent: 'Not in this folder',
    nothingAbsent: 'Nothing is missing.',
    requirement: 'Requirement',
    cover: 'Answer',
    note: 'What there is',
    covers: { covered: 'covered', partly: 'partly covered', not: 'not covered' },
    own: 'Said by the program’s makers of the program alone; nobody else has assessed it.',
    files: 'Files',
  },
  fr: {
    title: 'Preuves',
    of: (node: string, site: string) => `Nœud ${node}, site ${site}`,
    period: (from: string, to: string) => `Période du ${from} au ${to}`,
    made: (time: string) => `Établi le ${time}`,
    result: 'Vérification',
    sound: 'Rien n’a été trouvé altéré, manquant ou déplacé.',
    unsound: (file: string, what: string) => `Premier défaut dans ${file} : ${what}.`,
    spool: (records: number, first: number, last: number, time: string) =>
      `${records} enregistrements, de ${first} à ${last} ; signés le ${time}`,
    unsigned: (count: number) => `${count} enregistrements après la tête signée sont chaînés et pas encore signés`,
    late: (count: number) => `${count} segments ont été signés à un démarrage ultérieur`,
    audit: (entries: number) => `${entries} entrées du journal d’audit`,
    roots: (count: number) => `${count} racines horaires recalculées depuis les enregistrements`,
    carried: (node: string, records: number, first: number, last: number, time: string) =>
      `${records} enregistrements de ${node}, de ${first} à ${last} ; le fichier a été signé le ${time}`,
    withheld: (count: number) => `dont ${count} comme simple lacune : la politique a retenu leur contenu`,
    missing: (from: number, to: number, cause: string) => `${from} à ${to} étaient demandés et n’y sont pas : ${cause}`,
    key: 'Clé publique (SHA-256). Comparez-la à celle reçue par une autre voie, et vérifiez : ecluse evidence verify DOSSIER --key CLE.pem',
    inventory: 'Inventaire',
    counts: { connections: 'Connexions', signals: 'Signaux', nodes: 'Nœuds', contracts: 'Contrats de données', findings: 'Constats' },
    unknown: 'inconnu : voir ce qui est absent',
    zones: 'Zones et conduits',
    zonesText: ({ zones, conduits, tests, failed }: Summary['policy']) =>
      zones === 0
        ? 'Aucune n’est déclarée : tout compte comme une seule zone.'
        : `${zones} zones, ${conduits} conduits ; ${tests} tests de la politique, dont ${failed} échouent. Voir policies/zones-and-conduits.json.`,
    approvals: 'Configurations et qui les a approuvées',
    asked: (count: number, by: string) =>
      count === 0
        ? 'Aucune approbation n’est demandée.'
        : `Un changement demande ${count} approbation(s) d’autres que qui le propose${by === '' ? '' : `, de ${by}`}.`,
    running: (version: string, digest: string) => `En vigueur : version ${version}, empreinte ${digest} : `,
    states: {
      approved: 'approuvée.',
      'not-asked': 'approuvée par personne ; rien n’était demandé quand elle a commencé.',
      missing: 'elle tourne sans les approbations demandées.',
      unknown: 'personne n’a conservé qui l’a approuvée.',
    },
    approvalColumns: ['Empreinte', 'Proposée', 'Approuvée', 'Manque'],
    proposedBy: (who: string, time: string, reason: string) => `${time} par ${who} : ${reason}`,
    approvedBy: (who: string, time: string, reason: string) => `approuvée par ${who}, ${time} : ${reason}`,
    changes: 'Changements et actes de la période',
    columns: ['Heure', 'Nature', 'Qui', 'Quoi'],
    noChanges: 'Aucun.',
    absent: 'Absent de ce dossier',
    nothingAbsent: 'Rien ne manque.',
    requirement: 'Exigence',
    cover: 'Réponse',
    note: 'Ce qu’il y a',
    covers: { covered: 'couvert', partly: 'partiellement couvert', not: 'non couvert' },
    own: 'Dit par les auteurs du programme, du programme seul ; personne d’autre ne l’a évalué.',
    files: 'Fichiers',
  },
} as const

/** Who approved what, as the node keeps it. */
function approvalsPart(
  language: SummaryLanguage,
  approvals: Summary['approvals'],
  table: (head: readonly string[], rows: readonly (readonly string[])[]) => string,
): string {
  if (!approvals) return ''
  const words = WORDS[language]
  const { rule, running, changes } = approvals
  const rows = changes.map(({ digest, proposed, approvals: given, missing }) => [
    digest,
    words.proposedBy(proposed.who, proposed.time, proposed.reason),
    given.map(({ who, time, reason }) => words.approvedBy(who, time, reason)).join('; ') || '-',
    String(missing),
  ])
  const said = `${words.asked(rule.approvals, rule.by.join(', '))} ${words.running(running.version, running.digest)}${words.states[running.state]}`
  return `<h2>${words.approvals}</h2><p>${escaped(said)}</p>${rows.length > 0 ? table(words.approvalColumns, rows) : ''}`
}

/** A page that needs nothing: no script, no style or file from elsewhere. */
export function summaryPage(language: SummaryLanguage, summary: Summary): string {
  const words = WORDS[language]
  const { node, site, from, to, time, key, verification, counts, changes, absent } = summary
  const row = (cells: readonly string[], tag: 'td' | 'th' = 'td') =>
    `<tr>${cells.map((cell) => `<${tag}${tag === 'th' ? ' scope="col"' : ''}>${escaped(cell)}</${tag}>`).join('')}</tr>`
  const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    `<table><thead>${row(head, 'th')}</thead><tbody>${rows.map((cells) => row(cells)).join('')}</tbody></table>`
  const mapping = (name: string, list: readonly Requirement[]) =>
    `<h2>${name}</h2><p>${escaped(words.own)} ${tally(list, words.covers)}</p>${table(
      [words.requirement, words.cover, words.note],
      list.map((one) => [one.id, words.covers[one.cover], one[language]]),
    )}`
  const countRows = Object.entries(words.counts).map(([name, title]) => [
    title,
    String(counts[name as keyof Summary['counts']] ?? words.unknown),
  ])
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><title>${words.title}: ${escaped(node)}</title>
<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}table{border-collapse:collapse;width:100%}th,td{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top}code{overflow-wrap:anywhere}</style>
</head><body><main><h1>${words.title}</h1>
<p>${escaped(words.of(node, site))}<br>${escaped(words.period(from, to))}<br>${escaped(words.made(time))}</p>
<h2>${words.result}</h2><ul>${verificationLines(language, verification)
    .map((line) => `<li>${escaped(line)}</li>`)
    .join('')}</ul>
<p>${escaped(words.key)}<br><code>${escaped(key)}</code></p>
<h2>${words.inventory}</h2>${table(['', ''], countRows).replace(/<thead>.*?<\/thead>/, '')}
<h2>${words.zones}</h2><p>${words.zonesText(summary.policy)}</p>
${approvalsPart(language, summary.approvals, table)}
<h2>${words.changes}</h2>${
    changes.length === 0
      ? `<p>${words.noChanges}</p>`
      : table(
          words.columns,
          changes.map((one) => [one.time, one.kind, one.who, one.what]),
        )
  }
<h2>${words.absent}</h2>${
    absent.length === 0
      ? `<p>${words.nothingAbsent}</p>`
      : `<ul>${absent.map(({ file, reason }) => `<li>${escaped(`${file}: ${reason}`)}</li>`).join('')}</ul>`
  }
${mapping('IEC 62443-3-3', IEC_62443_3_3)}
${mapping('(EU) 2022/2555, 21(2)', NIS2_21_2)}
</main></body></html>
`
}

/** What a verification came to, a sentence a line. */
export function verificationLines(language: SummaryLanguage, { tampered, spool, audit, roots, carried }: Verification): string[] {
  const words = WORDS[language]
  return [
    tampered ? words.unsound(tampered.file, tampered.what) : words.sound,
    ...(spool ? [words.spool(spool.records, spool.firstSequence, spool.lastSequence, formatTime(spool.signedTime))] : []),
    ...(spool && spool.unsignedRecords > 0 ? [words.unsigned(spool.unsignedRecords)] : []),
    ...(spool && spool.lateSegments > 0 ? [words.late(spool.lateSegments)] : []),
    ...(audit ? [words.audit(audit.entries)] : []),
    ...(spool ? [words.roots(roots)] : []),
    ...(carried ? [words.carried(carried.node, carried.records, carried.first, carried.last, formatTime(carried.signedTime))] : []),
    ...(carried && carried.withheld > 0 ? [words.withheld(carried.withheld)] : []),
    ...(carried?.missing ?? []).map(({ from, to, cause }) => words.missing(from, to, cause)),
  ]
}

function tally(list: readonly Requirement[], covers: Readonly<Record<Cover, string>>): string {
  const kinds: readonly Cover[] = ['covered', 'partly', 'not']
  return kinds.map((kind) => `${covers[kind]}: ${list.filter(({ cover }) => cover === kind).length}`).join(', ')
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)
