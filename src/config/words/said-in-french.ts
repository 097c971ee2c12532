/**
 * What the parts (connectors, schemas) say of their own configuration, in French. They know no language but English; `{}` stands for what they put into a sentence. A sentence that is not here is said as it is;
 * `said-in-french.test.ts` finds those of the connectors.
 */
const SENTENCES: readonly (readonly [english: string, french: string])[] = [
  // Several connectors.
  ['certificate and key go together', 'le certificat et la clé vont ensemble'],
  ['tls has no effect with {}', 'tls n’a pas d’effet avec {}'],
  ['use {}', 'utilisez {}'],
  ['use {}, or write `insecure: true` if this is really wanted', 'utilisez {}, ou écrivez `insecure: true` si c’est vraiment voulu'],
  ['write {}', 'écrivez {}'],
  ['write {}, or `insecure: true` if this is really wanted', 'écrivez {}, ou `insecure: true` si c’est vraiment voulu'],
  ['give each its own', 'donnez à chacun le sien'],
  ['{} is used twice', '{} est employé deux fois'],
  ['{} is listed twice', '{} figure deux fois'],
  [
    'rows and credentials come from another machine unencrypted and could be changed on the way',
    'les lignes et les identifiants viennent en clair d’une autre machine et pourraient être modifiés en route',
  ],
  [
    'rows and credentials go to another machine unencrypted and could be changed on the way',
    'les lignes et les identifiants vont en clair vers une autre machine et pourraient être modifiés en route',
  ],
  ['PEM text is wanted: {}', 'il faut un texte PEM : {}'],
  ['a path is names and indices: {}', 'un chemin est fait de noms et d’indices : {}'],
  ['at most {}', 'au plus {}'],
  ['at least {}', 'au moins {}'],
  ['at least {} characters', 'au moins {} caractères'],
  ['more than {}', 'plus de {}'],
  ['between {} and {}', 'entre {} et {}'],
  ['the shortest period is {}', 'la période la plus courte est {}'],
  ['the shortest time-out is {}', 'le délai d’attente le plus court est {}'],
  ['a period above 0 is at least {}', 'une période supérieure à 0 est d’au moins {}'],
  ['the lower limit must be below the upper one', 'la limite basse doit être sous la limite haute'],
  ['an id is segments of {} joined by /', 'un identifiant est fait de segments de {} reliés par /'],
  ['`from` must be before `to`', '`from` doit être avant `to`'],
  // Kafka, NATS, webhook, REST.
  [
    'two feeds of one connection cannot read one topic: its offset is one',
    'deux flux d’une connexion ne peuvent pas lire le même sujet : il n’a qu’une position',
  ],
  ['give the second a connection with a group of its own', 'donnez au second une connexion avec son propre groupe'],
  ['two feeds with one durable consumer take each other’s messages', 'deux flux d’un même consommateur durable se prennent leurs messages'],
  ['other machines would send rows and credentials unencrypted', 'd’autres machines enverraient lignes et identifiants en clair'],
  ['give certificate and key under tls', 'donnez le certificat et la clé sous tls'],
  [
    'give certificate and key under tls, or write `insecure: true` if this is really wanted',
    'donnez le certificat et la clé sous tls, ou écrivez `insecure: true` si c’est vraiment voulu',
  ],
  ['two feeds cannot have one path', 'deux flux ne peuvent pas avoir le même chemin'],
  ['{} exclude each other', '{} s’excluent'],
  ['keep one of them', 'n’en gardez qu’un'],
  ['delta links are of OData', 'les liens delta sont d’OData'],
  ['set paging: odata', 'mettez paging: odata'],
  ['key is read with delta only', 'key n’est lu qu’avec delta'],
  ['remove it', 'retirez-le'],
  ['pageSize is of OData', 'pageSize est d’OData'],
  ['use `size` under paging', 'utilisez `size` sous paging'],
  ['nobody knows which parameter takes the value', 'rien ne dit quel paramètre prend la valeur'],
  ['set cursor.parameter', 'donnez cursor.parameter'],
  ['OData takes the value in $filter', 'OData prend la valeur dans $filter'],
  ['remove cursor.parameter', 'retirez cursor.parameter'],
  ['nobody knows which page is short', 'rien ne dit quelle page est courte'],
  ['set `size`, or `until: empty`', 'donnez `size`, ou `until: empty`'],
  // MQTT.
  // As a whole: what is put in front of `goes` is one of two.
  ['everything{} goes to {} unencrypted and could be changed on the way', 'tout{} va en clair vers {} et pourrait être modifié en route'],
  ['everything goes to {} unencrypted and could be changed on the way', 'tout va en clair vers {} et pourrait être modifié en route'],
  [
    'everything, the password included, goes to {} unencrypted and could be changed on the way',
    'tout, mot de passe compris, va en clair vers {} et pourrait être modifié en route',
  ],
  ['+ stands for a whole level; # is not supported', '+ remplace un niveau entier ; # n’est pas admis'],
  ['the topic has {} +, the id asks for another', 'le sujet a {} +, l’identifiant en demande un autre'],
  ['several topics would feed one signal', 'plusieurs sujets alimenteraient un seul signal'],
  ['put {} into the id', 'mettez {} dans l’identifiant'],
  [
    'nothing says how often this topic is published: when its publisher dies, the last value stays Good for as long as the broker answers, and what is computed of it is Uncertain (period-unknown), because a lost message is not seen',
    'rien ne dit à quel rythme ce sujet est publié : quand celui qui publie meurt, la dernière valeur reste Good tant que le courtier répond, et ce qui en est calculé est Uncertain (period-unknown), car un message perdu ne se voit pas',
  ],
  [
    'expectedPeriod: 1min (the longest time between messages when all is well): silent for longer it turns Uncertain, then Bad',
    'expectedPeriod: 1min (le plus long délai entre messages quand tout va bien) : muet plus longtemps, il devient Uncertain, puis Bad',
  ],
  ['keepAlive is between {} and {}', 'keepAlive est entre {} et {}'],
  // SQL and files.
  ['cursor and snapshot exclude each other', 'cursor et snapshot s’excluent'],
  ['cursor or snapshot: how is this read again?', 'cursor ou snapshot : comment relire ceci ?'],
  [
    'cursor: { column, start } reads what changed; snapshot: true reads everything, and finds what was deleted',
    'cursor: { column, start } lit ce qui a changé ; snapshot: true lit tout et trouve ce qui a été supprimé',
  ],
  [
    'everything goes to {} unencrypted and could be read or changed on the way',
    'tout va en clair vers {} et pourrait être lu ou modifié en route',
  ],
  [
    'leave mode out, and give tls.ca where the authority is your own',
    'retirez mode, et donnez tls.ca si l’autorité de certification est la vôtre',
  ],
  ['ca and serverName have no effect with mode none', 'ca et serverName n’ont pas d’effet avec mode none'],
  ['the certificate is compared by name, and this is an address', 'le certificat est comparé par son nom, et ceci est une adresse'],
  ['give the name that the certificate has as tls.serverName', 'donnez le nom que porte le certificat comme tls.serverName'],
  ['a query is one SELECT (or WITH ... SELECT)', 'une requête est un seul SELECT (ou WITH ... SELECT)'],
  ['Écluse only reads', 'Écluse ne fait que lire'],
  ['a query is one statement; something follows the ;', 'une requête est une seule instruction ; quelque chose suit le ;'],
  ['{} does not belong into a query that only reads', '{} n’a pas sa place dans une requête qui ne fait que lire'],
  ['if it is the name of a column, put it in quotes', 'si c’est le nom d’une colonne, mettez-le entre guillemets'],
  [':cursor has no value', ':cursor n’a pas de valeur'],
  ['add cursor: { column: ..., start: ... }', 'ajoutez cursor: { column: ..., start: ... }'],
  ['with cursor, the query says where it goes on: :cursor is missing', 'avec cursor, la requête dit où elle reprend : il manque :cursor'],
  ['e.g. {}', 'par exemple {}'],
  [
    "with cursor, {} is left out: rows are ordered by the cursor's column and read in pages",
    'avec cursor, on laisse {} de côté : les lignes sont triées par la colonne du curseur et lues par pages',
  ],
  ['rows with the same value as the last one read would be lost', 'les lignes de même valeur que la dernière lue seraient perdues'],
  ['write >= :cursor: what was read already makes nothing new', 'écrivez >= :cursor : ce qui est déjà lu ne fait rien de neuf'],
  ['the folder is one; only the name of the file may hold * and ?', 'le dossier est unique ; seul le nom du fichier peut contenir * et ?'],
  ['write a feed per folder', 'écrivez un flux par dossier'],
  ['{} has no effect with format: {}', '{} n’a pas d’effet avec format: {}'],
  ['with decimalComma the delimiter cannot be a comma too', 'avec decimalComma, le séparateur ne peut pas être une virgule lui aussi'],
  ['such files mostly have delimiter: ";"', 'de tels fichiers ont le plus souvent delimiter: ";"'],
  ['files would be moved to where they are', 'les fichiers seraient déplacés là où ils sont'],
  ['a delimiter is one character; a tab is written "\\t"', 'un séparateur est un seul caractère ; une tabulation s’écrit "\\t"'],
  ['a delimiter is no quote and no end of line', 'un séparateur n’est ni un guillemet ni une fin de ligne'],
  // OPC UA and Modbus.
  [
    'nobody checks who the server is, and anybody on the way can read and change what it says',
    'personne ne vérifie qui est le serveur, et n’importe qui en route peut lire et modifier ce qu’il dit',
  ],
  [
    'use sign-and-encrypt where the server offers it: `ecluse check` lists what it offers',
    'utilisez sign-and-encrypt si le serveur le propose : `ecluse check` dit ce qu’il propose',
  ],
  [
    'without security the password goes to a server that nobody has identified',
    'sans sécurité, le mot de passe va à un serveur que personne n’a identifié',
  ],
  ['use sign-and-encrypt, or a user certificate', 'utilisez sign-and-encrypt, ou un certificat d’utilisateur'],
  ['this glob is already signal {} of this connection', 'ce motif est déjà le signal {} de cette connexion'],
  ['{} is already signal {} of this connection', '{} est déjà le signal {} de cette connexion'],
  ['the id {} is already signal {} of this connection', 'l’identifiant {} est déjà le signal {} de cette connexion'],
  ['give node or browse, one of them', 'donnez node ou browse, l’un des deux'],
  ['give absolute or percent, one of them', 'donnez absolute ou percent, l’un des deux'],
  ['a node id looks like {}', 'un identifiant de nœud ressemble à {}'],
  ['an endpoint looks like {}', 'une adresse de serveur ressemble à {}'],
  [
    'with browse the id is a template with {name}, {path} or both',
    'avec browse, l’identifiant est un modèle avec {name}, {path} ou les deux',
  ],
  [
    'the template does not make an id: segments of {} joined by /',
    'le modèle ne donne pas un identifiant : des segments de {} reliés par /',
  ],
  ['a browse glob begins at Objects, {}', 'un motif de browse commence à Objects, {}'],
  ['the value takes {} registers, maxRegistersPerRequest is {}', 'la valeur prend {} registres, maxRegistersPerRequest est {}'],
  ['A value is read in one request: raise the limit.', 'Une valeur se lit en une requête : relevez la limite.'],
  ['{} looks like the number that manuals give to {} {}', '{} ressemble au numéro que les manuels donnent à {} {}'],
  [
    'addresses count from 0, as on the wire: write {}; keep it when the device really counts so far',
    'les adresses comptent à partir de 0, comme sur la ligne : écrivez {} ; gardez-la si l’appareil compte vraiment si loin',
  ],
  [
    'a period of {} ms under a time-out of {} ms: one lost answer costs {} polls',
    'une période de {} ms sous un délai d’attente de {} ms : une réponse perdue coûte {} lectures',
  ],
]

const PATTERNS = SENTENCES.map(([english, french]) => ({
  matches: new RegExp(
    `^${english
      .split('{}')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('(.+?)')}$`,
    's',
  ),
  french: french.split('{}'),
  // The one that says most is meant.
  weight: english.length,
})).sort((a, b) => b.weight - a.weight)

/** A sentence of a part in French; as it is where nobody has said it in French. */
export function saidInFrench(text: string): string {
  for (const { matches, french } of PATTERNS) {
    const found = matches.exec(text)
    if (found) return french.map((part, i) => `${i > 0 ? found[i] : ''}${part}`).join('')
  }
  return text
}
