/** Why the history refuses a question, in French, by what it says in English; `$1` … stand for what it found. */
const FRENCH: readonly (readonly [english: RegExp, french: string])[] = [
  [/^(\d+) (?:signals in .*|signals), the limit is (\d+)$/, '$1 signaux dans une demande, $2 au plus'],
  [/^(\d+) (?:ids|keys) in one query, the limit is (\d+)$/, '$1 clés dans une demande, $2 au plus'],
  [/^more than (\d+) samples at once; .*$/, 'plus de $1 échantillons à la fois : demandez moins de temps ou moins de signaux'],
  [/^(\S+) is a (.+): select what is in it, or CAST\(.*$/, '$1 est de type $2 : prenez ce qu’il contient, ou CAST($1 AS VARCHAR)'],
  [/^(\S+) holds lists of (\d+) elements: .*$/, '$1 contient des listes de $2 éléments : faites-en des lignes avec unnest'],
  [
    /^the query was stopped: (.+?); ask for .*$/,
    'la demande a été arrêtée ($1) : demandez moins de temps, moins de signaux ou un intervalle plus large',
  ],
  [/^the interval must be at least one microsecond$/, 'l’intervalle est d’une microseconde au moins'],
  [/^the statement has (\d+) characters, the limit is (\d+)$/, 'l’instruction a $1 caractères, $2 au plus'],
  [/^the statement holds a null character$/, 'l’instruction contient un caractère nul'],
  [/^only a SELECT is allowed here: .*$/, 'seul SELECT est permis ici : l’historique se lit, il ne se change pas'],
  [/^the statement is not valid: (.+)$/, 'l’instruction n’est pas valable : « $1 »'],
  [/^one SELECT at a time: this text holds (\d+) statements$/, 'un SELECT à la fois : ce texte en contient $1'],
  [/^the statement is nested too deeply$/, 'l’instruction est imbriquée trop profondément'],
  [/^there is no table (.+) to read; a SELECT may use (.+)$/, 'il n’y a pas de table $1 à lire ; un SELECT peut employer $2'],
  [/^the function (\S+) is not available (.*)$/, 'la fonction $1 n’est pas disponible ici'],
  [
    /^nothing is settled for longer than can be looked at (?:after|before) .*$/,
    'rien n’est établi sur une durée que l’on puisse parcourir',
  ],
  [/^more than (\d+) (windows|periods|facts|sources of one record)$/, 'plus de $1 en une fois : demandez moins de temps'],
  [/^more than (\d+) of (.+)$/, 'plus de $1 de $2 en une fois : demandez moins de temps'],
  [/^a plan needs the right to operate in every zone$/, 'un plan demande le droit operate dans chaque zone'],
  [/^searching needs the right to query every zone$/, 'chercher demande le droit query dans chaque zone'],
  [/^(.+) needs the right to read every zone$/, 'cela demande le droit read dans chaque zone ($1)'],
  [/^there is no signal (.*)$/, 'il n’y a pas de signal $1'],
  [
    /^this node is a relay and keeps no history: ask the hub$/,
    'ce nœud est un relais et ne garde pas d’historique : demandez au nœud central',
  ],
  [/^(\d+) units$/, '$1 unités en une fois'],
]

/** What is not ours to say (the engine's own words) stands as it came. */
export function frenchRefusal(why: string): string {
  const found = FRENCH.find(([english]) => english.test(why))
  return found ? why.replace(found[0], found[1]) : `l’historique refuse la demande : « ${why} »`
}
