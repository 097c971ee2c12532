import type { PolicyReason } from '../../core/policy.ts'
import type { Wording } from '../places.ts'

/** What is said of a crossing. */
export interface CrossingWords {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly transport: string
  readonly direction: string
}

/** Sentences about zones, conduits and policy tests. */
export const policyInEnglish = {
  unknownZone: (name: string, near: string | undefined, known: string): Wording => [
    `the zone \`${name}\` is not declared`,
    near ? `did you mean ${near}?` : known ? `declared are: ${known}` : 'declare it under `zones:`, with its level',
  ],
  badLevel: (): Wording => ['a level is 0 to 5', '3.5 is the demilitarised zone between OT and IT'],
  badLevels: (): Wording => ['the lower level comes first', 'e.g. `levels: [0, 2]`'],
  badInterface: (): Wording => ['this names no network interface', 'e.g. `eth1`; `ip link` lists them'],
  badSensor: (): Wording => ['a sensor has either an interface or a file', 'two sensors may read one of each'],
  badRange: (): Wording => ['the first address is not above the last', 'e.g. `addresses: [900, 909]`'],
  badCanary: (): Wording => ['a canary has a host, addresses or a signal', 'say what nobody should touch'],
  manySensors: (most: number): Wording => [`at most ${most} sensors`, 'a node reads few wires; put another node near the others'],
  manyCanaries: (most: number): Wording => [`at most ${most} canaries`, 'one range of addresses is one canary'],
  conduitToItself: (zone: string): Wording => [
    `goes from \`${zone}\` to itself`,
    'what stays in one zone needs no conduit; divide the zone where it must not all be trusted alike',
  ],
  conduitsContradict: (first: string, second: string, is: 'cut' | 'direction'): Wording =>
    is === 'cut'
      ? [
          `\`${first}\` and \`${second}\` name the same between the same zones, and one of them is cut`,
          'what is cut must not pass by another conduit: cut both, or take what is named twice out of one',
        ]
      : [
          `\`${first}\` and \`${second}\` name the same between the same zones, and differ in who dials`,
          'one conduit, one direction: push where the sending end dials, pull where the receiving end does',
        ],
  noZones: (): Wording => [
    'no zones are declared: everything counts as one zone, and every way out of this node is open',
    'declare `zones:` and `conduits:`; from the first zone on, only what a conduit names passes',
  ],
  nodeZoneNeeded: (known: string): Wording => [
    'zones are declared, and nobody says which one this node runs in',
    `add \`node.zone\`: one of ${known}`,
  ],
  zoneNeeded: (path: string): Wording => ['zones are declared, and nobody says which one the other end is in', `add \`${path}\``],
  noNodesDeclared: (): Wording => [
    'zones are declared, and no node below is: none is let in',
    'name each under `link.nodes` with its zone, e.g. `nodes: { cell-3: { zone: field } }`',
  ],
  badPeer: (): Wording => ['is no address', 'write host, host:port or a network such as 10.20.0.0/16'],
  notPermitted: ({ from, to, transport, direction }: CrossingWords, reason: PolicyReason, conduit: string | undefined): Wording => {
    const why: Partial<Record<PolicyReason, string>> = {
      transport: `\`${conduit}\` does not name the transport ${transport}`,
      direction: `\`${conduit}\` has another direction than ${direction}`,
      peer: `\`${conduit}\` does not name the address of the other end`,
    }
    return [
      `no conduit lets this pass from ${from} to ${to}${why[reason] ? `: ${why[reason]}` : ''}`,
      `declare one, with its business case: { from: ${from}, to: ${to}, direction: ${direction}, transports: [${transport}], signals: [...] }`,
    ]
  },
  notNamed: (count: number, all: number, some: string, conduit: string): Wording => [
    `${count} of ${all} declared here are not named by the conduit \`${conduit}\`: ${some}`,
    'they are not taken, and counted as dropped; name them in the conduit, or remove them here',
  ],
  inputNotNamed: (result: string, some: string): Wording => [
    `\`${result}\` is named here and will not pass: it says what it was computed from, and no conduit on this way names ${some}`,
    'name these too, or let results name what may not pass itself: `namesInputs: true`; until then each is withheld and counted as `conduit-input-not-named`',
  ],
  inputRefused: (some: string): Wording => [
    `computed from what is not taken here: no conduit names ${some}`,
    'name these in the conduit by which they come, or remove what is computed from them',
  ],
  conduitUnused: (): Wording => [
    'nothing that this file declares goes through this conduit',
    'remove what is not needed: each conduit is a way in; check its zones, transports and direction',
  ],
  conduitExpired: (owner: string, riskOwner: string): Wording => [
    'the review of this conduit is overdue: nothing passes any more',
    `${owner} and ${riskOwner} decide again, and write the next day of review`,
  ],
  conduitReview: (days: number): Wording => [
    `this conduit is to be reviewed within ${days} day${days === 1 ? '' : 's'}; after that nothing passes`,
    'decide whether it is still needed, and write the next day of review',
  ],
  conduitCut: (): Wording => ['this conduit is cut: nothing passes', 'see its isolation plan for what stops and what is done by hand'],
  testCarries: (glob: string, conduit: string, never: string): Wording => [
    `a policy test fails: \`${glob}\` lets through what \`${conduit}\` must never carry (\`${never}\`)`,
    'narrow the pattern of the conduit; or change the test, if that is what was decided',
  ],
  testPath: (from: string, steps: string): Wording => [
    `a policy test fails: there is a path, ${from} -> ${steps}`,
    'remove a conduit on that path, or turn round who dials (`push` in place of `pull`)',
  ],
  byData: (conduit: string): string => `data over ${conduit}`,
  byConnection: (conduit: string): string => `connection over ${conduit}`,
  testMay: (role: string, action: string, zone: string): Wording => [
    `a policy test fails: the role \`${role}\` may \`${action}\` in ${zone}`,
    'take the right away from the role; or change the test, if that is what was decided',
  ],
  testUnknown: (name: string): Wording => [
    `this test speaks of \`${name}\`, which is not declared: it tests nothing`,
    'correct the name, or remove the test',
  ],
}

export const policyInFrench: typeof policyInEnglish = {
  unknownZone: (name, near, known) => [
    `la zone \`${name}\` n’est pas déclarée`,
    near ? `vouliez-vous dire ${near} ?` : known ? `zones déclarées : ${known}` : 'déclarez-la sous `zones:`, avec son niveau',
  ],
  badLevel: () => ['un niveau va de 0 à 5', '3.5 est la zone démilitarisée entre OT et IT'],
  badLevels: () => ['le niveau le plus bas vient en premier', 'par exemple `levels: [0, 2]`'],
  badInterface: () => ['ceci ne nomme pas d’interface réseau', 'par exemple `eth1` ; `ip link` les liste'],
  badSensor: () => ['un capteur a soit une interface, soit un fichier', 'deux capteurs peuvent lire l’une et l’autre'],
  badRange: () => ['la première adresse ne dépasse pas la dernière', 'par exemple `addresses: [900, 909]`'],
  badCanary: () => ['un canari a un hôte, des adresses ou un signal', 'dites ce que personne ne doit toucher'],
  manySensors: (most) => [`au plus ${most} capteurs`, 'un nœud lit peu de câbles ; placez un autre nœud près des autres'],
  manyCanaries: (most) => [`au plus ${most} canaris`, 'une plage d’adresses est un seul canari'],
  conduitToItself: (zone) => [
    `va de \`${zone}\` à elle-même`,
    'ce qui reste dans une zone ne demande pas de conduit ; divisez la zone si tout ne doit pas y avoir la même confiance',
  ],
  conduitsContradict: (first, second, is) =>
    is === 'cut'
      ? [
          `\`${first}\` et \`${second}\` nomment la même chose entre les mêmes zones, et l’un des deux est coupé`,
          'ce qui est coupé ne doit pas passer par un autre conduit : coupez les deux, ou retirez de l’un ce qui est nommé deux fois',
        ]
      : [
          `\`${first}\` et \`${second}\` nomment la même chose entre les mêmes zones, mais pas le même côté appelant`,
          'un conduit, un sens : push si l’émetteur appelle, pull si le récepteur appelle',
        ],
  noZones: () => [
    'aucune zone n’est déclarée : tout compte comme une seule zone, et toutes les sorties de ce nœud sont ouvertes',
    'déclarez `zones:` et `conduits:` ; dès la première zone, seul passe ce qu’un conduit nomme',
  ],
  nodeZoneNeeded: (known) => [
    'des zones sont déclarées, mais celle où tourne ce nœud ne l’est pas',
    `ajoutez \`node.zone\` : une parmi ${known}`,
  ],
  zoneNeeded: (path) => ['des zones sont déclarées, mais celle de l’autre bout ne l’est pas', `ajoutez \`${path}\``],
  noNodesDeclared: () => [
    'des zones sont déclarées, mais aucun nœud en dessous : aucun n’est admis',
    'nommez chacun sous `link.nodes` avec sa zone, p. ex. `nodes: { cell-3: { zone: field } }`',
  ],
  badPeer: () => ['ce n’est pas une adresse', 'écrivez hôte, hôte:port ou un réseau comme 10.20.0.0/16'],
  notPermitted: ({ from, to, transport, direction }, reason, conduit) => {
    const why: Partial<Record<PolicyReason, string>> = {
      transport: `\`${conduit}\` ne nomme pas le transport ${transport}`,
      direction: `\`${conduit}\` a un autre sens que ${direction}`,
      peer: `\`${conduit}\` ne nomme pas l’adresse de l’autre bout`,
    }
    return [
      `aucun conduit ne laisse passer cela de ${from} vers ${to}${why[reason] ? ` : ${why[reason]}` : ''}`,
      `déclarez-en un, avec sa justification : { from: ${from}, to: ${to}, direction: ${direction}, transports: [${transport}], signals: [...] }`,
    ]
  },
  notNamed: (count, all, some, conduit) => [
    `${count} sur ${all} déclarés ici ne sont pas nommés par le conduit \`${conduit}\` : ${some}`,
    'ils ne sont pas pris, et comptés comme perdus ; nommez-les dans le conduit, ou retirez-les ici',
  ],
  inputNotNamed: (result, some) => [
    `\`${result}\` est nommé ici et ne passera pas : il dit de quoi il est calculé, et aucun conduit sur ce trajet ne nomme ${some}`,
    'nommez-les aussi, ou laissez les résultats nommer ce qui ne peut passer : `namesInputs: true` ; d’ici là chacun est retenu et compté sous `conduit-input-not-named`',
  ],
  inputRefused: (some) => [
    `calculé à partir de ce qui n’est pas pris ici : aucun conduit ne nomme ${some}`,
    'nommez-les dans le conduit par lequel ils viennent, ou retirez ce qui en est calculé',
  ],
  conduitUnused: () => [
    'rien de ce que ce fichier déclare ne passe par ce conduit',
    'retirez ce qui ne sert pas : chaque conduit est une entrée ; vérifiez ses zones, ses transports et son sens',
  ],
  conduitExpired: (owner, riskOwner) => [
    'la revue de ce conduit est dépassée : plus rien ne passe',
    `${owner} et ${riskOwner} décident à nouveau, et écrivent le jour de la revue suivante`,
  ],
  conduitReview: (days) => [
    `ce conduit est à revoir sous ${days} jour${days > 1 ? 's' : ''} ; ensuite plus rien ne passe`,
    'décidez s’il est encore nécessaire, et écrivez le jour de la revue suivante',
  ],
  conduitCut: () => ['ce conduit est coupé : rien ne passe', 'son plan d’isolement dit ce qui s’arrête et ce qui se fait à la main'],
  testCarries: (glob, conduit, never) => [
    `un test de la politique échoue : \`${glob}\` laisse passer ce que \`${conduit}\` ne doit jamais porter (\`${never}\`)`,
    'resserrez le motif du conduit ; ou changez le test, si c’est ce qui a été décidé',
  ],
  testPath: (from, steps) => [
    `un test de la politique échoue : il y a un chemin, ${from} -> ${steps}`,
    'retirez un conduit de ce chemin, ou inversez le côté qui appelle (`push` au lieu de `pull`)',
  ],
  byData: (conduit) => `données par ${conduit}`,
  byConnection: (conduit) => `connexion par ${conduit}`,
  testMay: (role, action, zone) => [
    `un test de la politique échoue : le rôle \`${role}\` a le droit \`${action}\` dans ${zone}`,
    'retirez ce droit au rôle ; ou changez le test, si c’est ce qui a été décidé',
  ],
  testUnknown: (name) => [`ce test parle de \`${name}\`, qui n’est pas déclaré : il ne teste rien`, 'corrigez le nom, ou retirez le test'],
}
