/** What `ecluse flows`, `findings` and `baseline` say. */
export const flowsEn = {
  flow: 'FLOW',
  service: 'SERVICES',
  units: 'UNITS',
  bytes: 'BYTES OUT/IN',
  exceptions: 'REFUSED',
  lastSeen: 'LAST SEEN',
  none: 'no flow was seen yet',
  refused: (count: number) => `${count} observations found no room: the table is full`,
  sensor: (name: string, state: string, packets: number, problem?: string) =>
    `sensor ${name}: ${state}, ${packets} packets${problem === undefined ? '' : ` (${problem})`}`,
  sensorStates: { running: 'reading', ended: 'at its end', failed: 'failed' },
  severities: { critical: 'CRITICAL', high: 'HIGH', medium: 'MEDIUM', low: 'LOW' },
  states: { open: 'open', acknowledged: 'acknowledged', resolved: 'gone' },
  noFindings: 'nothing found. What concerns the node itself, its link, spool and certificates: `ecluse status`',
  owner: (name: string) => `owner: ${name}`,
  resembles: (techniques: string) => `resembles: ${techniques}`,
  seen: (count: number, first: string, last: string) => `seen ${count} times, ${first} to ${last}`,
  acknowledgedBy: (who: string, time: string, reason: string) => `acknowledged by ${who}, ${time}: ${reason}`,
  acknowledged: (id: string) => `${id} is acknowledged`,
  learning: (since: string) => `learning since ${since}`,
  noBaseline: 'no baseline is in force: what is new cannot be told from what is usual',
  damaged: 'the accepted baseline is not what this node signed: it is not used; learn and accept a new one',
  inForce: (flows: number, who: string, time: string, reason: string) => `in force: ${flows} flows, accepted by ${who}, ${time}: ${reason}`,
  hash: (hash: string) => `hash ${hash}`,
  change: { added: '+', removed: '-' },
  moreChanges: (count: number) => `and ${count} more`,
  noChanges: 'what was learned is what is in force',
  acceptHint: (hash: string) => `to accept what is shown: ecluse baseline accept ${hash} --reason TEXT`,
  learnBegun: 'learning began; what is in force stays in force until something else is accepted',
  accepted: 'accepted: from now on whatever is not in it is a finding',
}

export const flowsFr: typeof flowsEn = {
  flow: 'FLUX',
  service: 'SERVICES',
  units: 'UNITÉS',
  bytes: 'OCTETS SORTIS/ENTRÉS',
  exceptions: 'REFUS',
  lastSeen: 'VU EN DERNIER',
  none: 'aucun flux observé pour l’instant',
  refused: (count) => `${count} observations sans place : la table est pleine`,
  sensor: (name, state, packets, problem) =>
    `capteur ${name} : ${state}, ${packets} paquets${problem === undefined ? '' : ` (${problem})`}`,
  sensorStates: { running: 'en lecture', ended: 'à sa fin', failed: 'en échec' },
  severities: { critical: 'CRITIQUE', high: 'ÉLEVÉ', medium: 'MOYEN', low: 'FAIBLE' },
  states: { open: 'ouvert', acknowledged: 'pris en compte', resolved: 'disparu' },
  noFindings: 'aucun constat. Ce qui concerne le nœud lui-même, sa liaison, sa file et ses certificats : `ecluse status`',
  owner: (name) => `responsable : ${name}`,
  resembles: (techniques) => `ressemble à : ${techniques}`,
  seen: (count, first, last) => `vu ${count} fois, du ${first} au ${last}`,
  acknowledgedBy: (who, time, reason) => `pris en compte par ${who}, ${time} : ${reason}`,
  acknowledged: (id) => `${id} est pris en compte`,
  learning: (since) => `apprentissage depuis ${since}`,
  noBaseline: 'aucune référence en vigueur : le nouveau ne se distingue pas de l’habituel',
  damaged: 'la référence acceptée n’est pas celle que ce nœud a signée : elle n’est pas utilisée ; apprenez et acceptez-en une nouvelle',
  inForce: (flows, who, time, reason) => `en vigueur : ${flows} flux, acceptée par ${who}, ${time} : ${reason}`,
  hash: (hash) => `empreinte ${hash}`,
  change: { added: '+', removed: '-' },
  moreChanges: (count) => `et ${count} de plus`,
  noChanges: 'ce qui a été appris est ce qui est en vigueur',
  acceptHint: (hash) => `pour accepter ce qui est montré : ecluse baseline accept ${hash} --reason TEXTE`,
  learnBegun: 'l’apprentissage commence ; ce qui est en vigueur le reste jusqu’à une nouvelle acceptation',
  accepted: 'acceptée : désormais tout ce qui n’y est pas est un constat',
}

export const flowVerbsEn = {
  flows: 'Show who talked to whom, as this node saw it: its own traffic, and what is mirrored to it',
  findings: 'Show what should not be, worst first; ends with 1 while something is open',
  findingsAcknowledge: 'Say that a finding is known, and why it is left',
  baseline: 'Review what is taken for usual',
  baselineShow: 'Show what is in force, and what was learned and waits to be accepted',
  baselineLearn: 'Begin to learn anew; what is in force stays in force',
  baselineAccept: 'Freeze what was learned, by the hash that `show` gave',
}

export const flowOptionsEn = {
  via: 'only what this connection, link or sensor saw',
  findingState: 'open, acknowledged or resolved',
}

export const flowVerbsFr: typeof flowVerbsEn = {
  flows: 'Montre qui a parlé à qui, comme ce nœud l’a vu : son propre trafic, et ce qui lui est copié',
  findings: 'Montre ce qui ne devrait pas être, le pire d’abord ; finit par 1 tant qu’un constat est ouvert',
  findingsAcknowledge: 'Dit qu’un constat est connu, et pourquoi on le laisse',
  baseline: 'Revoit ce qui est tenu pour habituel',
  baselineShow: 'Montre ce qui est en vigueur, et ce qui a été appris et attend d’être accepté',
  baselineLearn: 'Recommence à apprendre ; ce qui est en vigueur le reste',
  baselineAccept: 'Fige ce qui a été appris, par l’empreinte que `show` a donnée',
}

export const flowOptionsFr: typeof flowOptionsEn = {
  via: 'seulement ce qu’a vu cette connexion, ce lien ou ce capteur',
  findingState: 'open, acknowledged ou resolved',
}
