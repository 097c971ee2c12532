/** What `ecluse apply` and `ecluse rollback` say. */
export const applyEn = {
  verb: 'Propose a configuration; once it has the approvals that are asked for, put its files in the place of those in force',
  rollbackVerb: 'Put a configuration in force again that this node ran before; default the one before the present one',
  reason: 'why; it is recorded',
  digest: (digest: string) => `digest ${digest}`,
  waits: (digest: string, missing: number, by: string) =>
    `proposed: ${digest}\nit lacks ${missing} approval(s)${by === '' ? '' : ` by ${by}`}: on the page “Plan a change here”, or POST /api/v1/changes/DIGEST/approvals. Nothing has been changed; apply it again then`,
  inPlace: (digest: string, place: string) => `in place: ${place}\ndigest ${digest}\nthe node takes it at its next start`,
  outside: (name: string) => `${name} is not beneath the folder of its configuration`,
  outsideHint: 'contracts of a configuration that is proposed lie beneath its folder',
  otherForm: (place: string) => `${place} is one file, and what is to take its place are several`,
  needsNode: (digest: string, missing: number) => `${digest} lacks ${missing} approval(s), and no node runs here`,
  needsNodeHint: 'start the node with the configuration that was approved last, and propose it there',
  refusedByNode: (message: string) => `the node refuses it: ${message}`,
  otherDigest: (own: string, found: string) => `the node read other files than these: ${found} instead of ${own}`,
  notAsApproved: 'what lies in the place now is not what was approved: somebody else writes there',
  notApproved: (digest: string, missing: number) =>
    `this configuration lacks ${missing} approval(s), and the one before it lets none run without (digest ${digest})`,
  notApprovedHint: 'ecluse rollback puts the one before it in force again; propose the change there with ecluse apply',
  noEarlier: 'no earlier configuration is kept here that could be put in force again',
  noVersion: (version: string) => `no configuration ${version} is kept here`,
  noVersionHint: (versions: string) => `kept: ${versions || 'none'}`,
}

export const applyFr: typeof applyEn = {
  verb: 'Propose une configuration ; dès qu’elle a les approbations demandées, met ses fichiers à la place de ceux en vigueur',
  rollbackVerb: 'Remet en vigueur une configuration que ce nœud a déjà eue ; par défaut celle d’avant la présente',
  reason: 'pourquoi ; c’est consigné',
  digest: (digest) => `empreinte ${digest}`,
  waits: (digest, missing, by) =>
    `proposée : ${digest}\nil manque ${missing} approbation(s)${by === '' ? '' : ` de ${by}`} : sur la page « Préparer un changement », ou POST /api/v1/changes/EMPREINTE/approvals. Rien n’a été changé ; appliquez-la de nouveau ensuite`,
  inPlace: (digest, place) => `en place : ${place}\nempreinte ${digest}\nle nœud la prend à son prochain démarrage`,
  outside: (name) => `${name} n’est pas sous le dossier de sa configuration`,
  outsideHint: 'les contrats d’une configuration proposée sont sous son dossier',
  otherForm: (place) => `${place} est un seul fichier, et ce qui doit le remplacer en est plusieurs`,
  needsNode: (digest, missing) => `il manque ${missing} approbation(s) à ${digest}, et aucun nœud ne tourne ici`,
  needsNodeHint: 'démarrez le nœud avec la configuration approuvée en dernier, et proposez-la là',
  refusedByNode: (message) => `le nœud la refuse : ${message}`,
  otherDigest: (own, found) => `le nœud a lu d’autres fichiers que ceux-ci : ${found} au lieu de ${own}`,
  notAsApproved: 'ce qui est en place n’est pas ce qui a été approuvé : quelqu’un d’autre y écrit',
  notApproved: (digest, missing) =>
    `il manque ${missing} approbation(s) à cette configuration, et celle d’avant n’en laisse tourner aucune sans (empreinte ${digest})`,
  notApprovedHint: 'ecluse rollback remet en vigueur celle d’avant ; proposez-y le changement avec ecluse apply',
  noEarlier: 'aucune configuration antérieure qui puisse être remise en vigueur n’est gardée ici',
  noVersion: (version) => `aucune configuration ${version} n’est gardée ici`,
  noVersionHint: (versions) => `gardées : ${versions || 'aucune'}`,
}
