import type { NotConvertible } from '../../core/units/index.ts'
import { CONFIG_LIMITS } from '../limits.ts'
import type { Wording } from '../places.ts'
import { expressionInEnglish } from './expressions.ts'
import { policyInEnglish } from './policy.ts'
import { mebibytes } from './sizes.ts'

/** What `lint` says, in English: the master of the other languages. */
export const en = {
  /** What a part says of its own configuration. */
  said: (text: string): string => text,
  fileMissing: (): Wording => [
    'there is no such file or directory',
    'give the path of a YAML file, or of a directory of YAML files; `ecluse demo` shows a complete one',
  ],
  fileUnreadable: (why: string): Wording => [
    `cannot be read: ${why}`,
    'check the permissions of the file for the account that runs ecluse',
  ],
  noFiles: (): Wording => ['the directory holds no .yaml or .yml file', 'sub-directories are not searched'],
  tooManyFiles: (): Wording => [
    `more than ${CONFIG_LIMITS.files} YAML files in one directory`,
    'give the path of the directory that holds the configuration alone',
  ],
  fileTooLarge: (): Wording => [`larger than ${mebibytes(CONFIG_LIMITS.fileBytes)}`, 'split it into several files in one directory'],
  encoding: (): Wording => ['not UTF-8 text', 'save the file as UTF-8'],
  empty: (): Wording => ['the file is empty', 'a configuration begins with `version: 1` and `site:`'],
  rootNotMap: (): Wording => ['the file must hold `key: value` lines', 'a configuration begins with `version: 1` and `site:`'],
  syntax: (kind: string): Wording => {
    const known: Record<string, Wording> = {
      BAD_INDENT: [
        'lines that belong together must begin at the same column',
        'check the spaces at the start of this line and of the one above',
      ],
      TAB_AS_INDENT: ['a tab cannot indent YAML', 'use spaces'],
      MISSING_CHAR: ['a quote, bracket, comma or colon is missing', 'look at the end of the line before'],
      UNEXPECTED_TOKEN: ['something stands here that YAML does not expect', 'quote texts that contain : # { } [ ] , & * ! | > % @'],
      BAD_DQ_ESCAPE: ['unknown escape after \\ in a double-quoted text', "write '...' with single quotes, where \\ is just a character"],
      BAD_ALIAS: ['an alias (`*name`) without its anchor (`&name`)', 'quote the text when it is meant to begin with * or &'],
      MULTIPLE_DOCS: ['more than one document (`---`) in one file', 'one file is one document; split it into files of one directory'],
      TAG_RESOLVE_FAILED: ['YAML tags (`!name`) are not used here', 'quote the text when it is meant to begin with !'],
      MULTILINE_IMPLICIT_KEY: ['a key must stand on one line', 'is the colon after the key missing on the line above?'],
      BLOCK_AS_IMPLICIT_KEY: [
        'two `key: value` on one line',
        'is the next line indented further than this one? A text that contains a colon and a space needs quotes',
      ],
    }
    return known[kind] ?? ['not valid YAML', 'check indentation, quotes and brackets around this place']
  },
  syntaxReference: (): Wording => ['inside { } or [ ] a reference needs quotes', 'write "${env:NAME}" with the quotes'],
  tooDeep: (): Wording => [`more than ${CONFIG_LIMITS.depth} maps and lists inside one another`],
  tooManyAliases: (): Wording => [
    `aliases (\`*name\`) expand to more than ${CONFIG_LIMITS.aliasedNodes} values`,
    'write the values out, or split the file',
  ],
  tooManyNodes: (): Wording => [`more than ${CONFIG_LIMITS.nodes} values in one file`, 'split it into several files in one directory'],
  duplicateKey: (key: string, line: string): Wording => [`\`${key}\` is already given at line ${line}`, 'keep one of the two'],
  keyRefused: (): Wording => ['a key must be a plain word', 'quote it if it is meant to be text'],
  mergeConflict: (key: string, where: string): Wording => [
    `\`${key}\` is already given in ${where}`,
    'files of one directory may add keys to the same map, but give each value once',
  ],
  unknownKey: (key: string, near: string | undefined, known: string): Wording => [
    `unknown key \`${key}\``,
    near ? `did you mean \`${near}\`?` : known ? `known keys here: ${known}` : 'no key is allowed here',
  ],
  missingKey: (key: string): Wording => [`\`${key}\` is missing`],
  wrongType: (expected: string, found: string): Wording => [`expected ${expected}, found ${found}`],
  quoteHint: (): string => 'put it in quotes to make it a text',
  unquoteHint: (): string => 'write it without quotes',
  oneOf: (values: string, near: string | undefined): Wording => [
    `must be one of ${values}`,
    near ? `did you mean \`${near}\`?` : undefined,
  ],
  tooSmall: (minimum: string, what: string): Wording => [`must be ${what} ${minimum} or more`],
  tooBig: (maximum: string, what: string): Wording => [`must be ${what} ${maximum} or less`],
  badFormat: (format: string): Wording => [`is not a valid ${format}`],
  badValue: (): Wording => ['is not a valid value'],
  version: (): Wording => ['`version` must be 1', 'the first line of a configuration is `version: 1`'],
  badName: (): Wording => [
    'a name is letters, digits and _ . : -, and begins with a letter, a digit or _; at most 64 characters',
    'e.g. `plc-3`; text for people goes in `label`',
  ],
  durationForm: (): Wording => ['a duration is a number with us, ms, s, min, h or d, e.g. 500ms'],
  sizeForm: (): Wording => ['a size is a number with B, KiB, MiB, GiB, TiB, kB, MB, GB or TB, e.g. 64MiB'],
  badNetwork: (): Wording => ['this is no address and no network', 'e.g. 127.0.0.1 or 10.0.0.0/8'],
  upToDay: (): Wording => ['at most 24h', 'what is further away is asked for in another way, e.g. by a figure per day'],
  badPeriod: (): Wording => [
    'is no period: `hour`, `day`, or `{ record: KIND }`',
    'for weeks, months or shifts declare them as a kind under `records:`, and say `per: { record: weeks }`',
  ],
  badZone: (): Wording => ['nobody knows this time zone', 'a name of the IANA list, e.g. Europe/Paris; not an abbreviation such as CET'],
  httpsOnly: (): Wording => ['is not encrypted', 'https://…; http only for a provider on this machine'],
  noNotice: (): Wording => ['says nothing', 'give its text in en, fr or both'],
  badLife: (): Wording => ['is too short or too long', 'idle: 1min to 24h; longest: 5min to 30d'],
  builtInRole: (): Wording => ['`administrator` is always there, and is not declared', 'call it something else'],
  roleZone: (zone: string, near: string | undefined, known: string): Wording => [
    `there is no zone \`${zone}\``,
    near ? `did you mean \`${near}\`?` : known ? `declared are ${known}; "*" is every zone` : 'no zones are declared: write "*"',
  ],
  unknownRole: (role: string, near: string | undefined, known: string): Wording => [
    `there is no role \`${role}\``,
    near ? `did you mean \`${near}\`?` : `declared are ${known}`,
  ],
  badAddress: (): Wording => ['an address is `host:port`', 'e.g. `hub.plant.example:8490`, `10.0.0.5:8490` or `[fd00::5]:8490`'],
  linkFiles: (): Wording => [
    '`ca`, `certificate` and `key` are given together or not at all',
    'with all three, certificates come from your own authority; with none, from the hub’s',
  ],
  diodeKey: (): Wording => [
    'a key of a one-way link is 32 random bytes in base64',
    '`openssl rand -base64 32` makes one; both ends are given the same',
  ],
  diodeSender: (key: string): Wording => [
    `a one-way sender needs \`${key}\``,
    'nobody answers, so it is told where to send, and with which key',
  ],
  diodeReceiver: (): Wording => [
    'a one-way receiver needs `diode.senders`: without, it takes from nobody',
    'one entry for each sender: `{ sender: 1, node: cell-3, key: "${env:DIODE_KEY}" }`',
  ],
  kindMissing: (known: string): Wording => ['`kind` is missing', `say which system this connection speaks with: ${known}`],
  unknownKind: (kind: string, near: string | undefined, known: string): Wording => [
    `unknown kind \`${kind}\``,
    near ? `did you mean \`${near}\`? (known: ${known})` : `known kinds: ${known}`,
  ],
  secretLiteral: (key: string): Wording => [
    `\`${key}\` is a secret and may not be written in the file`,
    'write ${env:NAME} or ${file:/run/secrets/name}, and change the secret if this file was shared',
  ],
  secretInAddress: (): Wording => [
    'an address may not hold a user and a password',
    'give them in their own keys, the password as ${env:NAME} or ${file:/path}; change the password if this file was shared',
  ],
  reference: (): Wording => ['only ${env:NAME} and ${file:/path} may stand in ${...}', 'write $${ for a text that really contains ${'],
  envMissing: (name: string): Wording => [`the environment variable ${name} is not set`, `set it before starting: ${name}=... ecluse run`],
  secretFile: (path: string, why: string): Wording => [
    `cannot read ${path}: ${why}`,
    'check that the file is there and readable by the account that runs ecluse',
  ],
  secretFileSize: (path: string): Wording => [
    `${path} is larger than ${CONFIG_LIMITS.secretBytes / 1024} KiB`,
    'a secret file holds the secret alone',
  ],
  unitUnknown: (near: string | undefined): Wording => [
    'nobody knows this unit',
    near
      ? `did you mean \`${near}\`?`
      : 'write a UCUM code (`m3/h`, `Cel`, `kW.h`); what is only counted goes in braces (`{bag}`, `{bag}/h`)',
  ],
  unitDimension: (why: NotConvertible['why']): Wording => [
    '`unit` cannot be converted into `displayUnit`',
    {
      dimension: 'they do not measure the same thing',
      gauge: 'a gauge pressure is over the pressure of the air, which is not known; show both as gauge or both as absolute',
      'reference-state':
        'a gas volume at normal or standard conditions is another at its own pressure and temperature, which are not known',
      'power-kind': 'active, reactive and apparent power differ by a power factor, which is not known',
    }[why],
  ],
  duplicateSignal: (id: string, where: string): Wording => [
    `the signal \`${id}\` is already declared at ${where}`,
    'an id names one signal of the site; give each its own',
  ],
  silenceOrder: (): Wording => [
    '`uncertainAfter` must be shorter than `badAfter`',
    'a silent source is first Uncertain (last usable value), then Bad (no communication)',
  ],
  clockUnused: (key: string, kind: string): Wording => [
    `\`clock.${key}\` has no effect: ${kind} brings no time of the device`,
    'samples carry the time at which they were read; take it out, or read the device by a protocol that tells its time',
  ],
  noConnections: (): Wording => ['no connection is declared: nothing will be collected', 'add one under `connections:`'],
  httpExposed: (): Wording => [
    'the HTTP surface will be reachable from other machines, without encryption',
    'give it a certificate (`http.tls`), or keep 127.0.0.1 and put a TLS reverse proxy in front, unless the network is trusted',
  ],
  edgeExposed: (): Wording => [
    'an edge opens no port to other machines, its own page included',
    'leave `http.host` at 127.0.0.1: what an edge has is seen at the hub; on its own machine, through an SSH tunnel',
  ],
  relayConnections: (): Wording => [
    'a relay only passes on what other nodes send: it has no connections of its own',
    'move them to an edge, or give this node `role: edge`',
  ],
  unknownModel: (name: string, near: string | undefined, known: string): Wording => [
    `there is no model \`${name}\``,
    near ? `did you mean \`${near}\`?` : known ? `models here: ${known}` : 'declare it under `models:`',
  ],
  unknownState: (name: string, near: string | undefined, known: string): Wording => [
    `\`${name}\` is no declared state`,
    near ? `did you mean \`${near}\`?` : `declared states: ${known}`,
  ],
  rangeContradicts: (range: string, instrument: string): Wording => [
    `the range ${range} reaches outside what the instrument can measure (${instrument})`,
    'narrow `range`, or correct `instrumentRange`; both are in the unit of the signal',
  ],
  unknownSignal: (id: string, near: string | undefined, isCertain: boolean): Wording => [
    isCertain ? `no signal \`${id}\` is declared` : `no signal \`${id}\` is named in the file; it may be found at a device`,
    near ? `did you mean \`${near}\`?` : 'ids here are under the site, without its name in front',
  ],
  cycle: (id: string): Wording => [
    `\`${id}\` is a part of itself: the balances go round in a circle`,
    'a total may be a part of a larger total, never of its own parts',
  ],
  badField: (): Wording => [
    'a name of a field or of a kind of record is letters, digits and _, and begins with a letter or _; at most 64 characters',
    'it stands in expressions; what the source calls it goes in `map`',
  ],
  unknownField: (field: string, near: string | undefined): Wording => [
    `the kind of record has no field \`${field}\``,
    near ? `did you mean \`${near}\`?` : 'its fields are those under `fields:`',
  ],
  fieldType: (field: string, is: string, must: string): Wording => [
    `\`${field}\` is a ${is}, and a ${must} is needed here`,
    `give the field \`type: ${must}\`, or name another one`,
  ],
  unknownSource: (source: string, kind: string, near: string | undefined): Wording => [
    `no connection \`${source}\` brings records of the kind \`${kind}\``,
    near ? `did you mean \`${near}\`?` : 'a connection does with `records: [{ record: ... }]`',
  ],
  unknownRecord: (kind: string, near: string | undefined): Wording => [
    `no kind of record \`${kind}\` is declared`,
    near ? `did you mean \`${near}\`?` : 'kinds are declared under `records:`, beside `connections:`',
  ],
  noTolerance: (): Wording => [
    'how far times may be apart and still count as the same is not said',
    'give it `tolerance:`, e.g. 2s: the clocks of machines and of IT systems never agree, and nobody can guess how far',
  ],
  noToleranceOfClocks: (): Wording => [
    'readings of a device whose clock is measured will make this figure Uncertain (`clock-uncertainty`): no clock agrees to within 0 s',
    'give it `tolerance:`, e.g. 2s: how far times may be apart and still count as the same',
  ],
  mayBeCounter: (id: string): Wording => [
    `nobody says whether \`${id}\` only counts up: where it goes down the difference is Uncertain (\`may-have-reset\`), for it may be a meter that was reset`,
    'declare the signal `counter: {}` (over a reset there is no difference then), or `mayFall: true` where going down is what it does',
  ],
  noInterval: (): Wording => ['this kind of record does not say when it holds', 'give the kind its `validity:` under `records:`'],
  recordNeedsPlace: (): Wording => [
    'this kind of record does not say which equipment it is about',
    'give the kind its `equipment:` under `records:`',
  ],
  placeNeeded: (): Wording => [
    'a signal that begins with ./ needs to know at which equipment',
    'name `equipment:` here, or the field of it under `records:`; or write the whole id',
  ],
  noFormula: (): Wording => ['the figure has no formula', 'give it `formula:`, or `ready:` with a figure that is defined already'],
  duplicateName: (): Wording => [
    'something else has this name',
    'kinds of records, events, correlations and figures share their names: each names its facts',
  ],
  refusedTooSoon: (): Wording => [
    'stricter than the same limit under `care`',
    'what is refused lies beyond what is to be used with care: a lower coverage, a worse status, a longer time',
  ],
  badReasonPattern: (): Wording => [
    'is not a pattern that can be read',
    'reasons are words such as spike@1 or clock-offset; patterns are `*`, `?`, `[a-c]`, `{a,b}`, e.g. spike@*',
  ],
  sameUseName: (other: string): Wording => [
    `the use \`${other}\` has the same name`,
    'contracts name uses by id, label or `names`: each means one use',
  ],
  missingInput: (name: string, meaning: { en: string; fr: string }, unit: string): Wording => [
    `the input \`${name}\` is missing`,
    `it means: ${meaning.en}, in \`${unit}\``,
  ],
  inputUnit: (name: string, found: string | undefined, must: string): Wording => [
    `the input \`${name}\` comes ${found === undefined ? 'without a unit' : `in \`${found}\``} and cannot be converted into \`${must}\``,
    'declare the unit of the signal (`unit:` of the signal or its model), or take another signal',
  ],
  mixedUnits: (found: string): Wording => [
    `the places have this signal in different units: ${found}`,
    'say with `unit:` into which they are converted',
  ],
  unknownEvent: (name: string, near: string | undefined): Wording => [
    `no event and no kind of record \`${name}\` is declared`,
    near
      ? `did you mean \`${near}\`?`
      : 'kinds are declared under `records:`, events under `events:`; correlations and figures have facts of their own names',
  ],
  snapshotTwice: (kind: string): Wording => [
    `two feeds of this connection bring all records of the kind \`${kind}\`: each would delete what the other brings`,
    'make it one query, two connections, or feeds of changes with a `cursor`',
  ],
  noAliases: (system: string, near: string | undefined): Wording => [
    `no equipment has an alias of the system \`${system}\``,
    near
      ? `did you mean \`${near}\`?`
      : 'until one has, every name of it is unknown equipment: `equipment: PATH: aliases: [{ system, name }]`',
  ],
  noPlaces: (): Wording => [
    'no declared equipment has such a path: there will never be a figure',
    'paths under the site, as `equipment:` declares them: `packaging/*`',
  ],
  aliasTwice: (name: string, system: string, other: string): Wording => [
    `\`${name}\` of the system \`${system}\` is \`${other}\` too, at the same time`,
    'records would be taken for those of one of the two: give each name to one place, or both of them times (`from`, `to`) that do not overlap',
  ],
  tooMany: (limit: number): Wording => [`more than ${limit} of these`, 'what many signals have in common goes into one model'],
  tooManyRules: (limit: number): Wording => [
    `more than ${limit} rules name this signal`,
    'a signal that needs so many is several signals, or its rules say the same several times',
  ],
  madeTwice: (id: string): Wording => [
    `the signal \`${id}\` is already declared`,
    'what is computed is a signal of its own: give it an id of its own',
  ],
  eventTwice: (id: string): Wording => [`events named \`${id}\` are already declared`, 'give each kind of event its own name'],
  derivedCycle: (id: string): Wording => [
    `\`${id}\` is made of itself, directly or through others`,
    'a signal may be made of other signals, never of what is made of it',
  ],
  badGlob: (): Wording => [
    'is not a pattern that can be read',
    'patterns are `*` within a segment, `**` over several, `?`, `[a-c]`, `{a,b}`, e.g. baggage/carousel-*',
  ],
  noEquipment: (): Wording => [
    'no equipment that this names has all the signals named here',
    'ids are relative to the equipment: with `baggage/carousel-*`, `motor/current` is baggage/carousel-1/motor/current',
  ],
  toleranceMissing: (): Wording => [
    'nobody says how long a reading of this signal holds',
    'give `tolerance` here, or `expectedPeriod` where the signal is declared',
  ],
  badWindow: (): Wording => [
    'a window has a length, and begins at most 100 times within it',
    'e.g. `{ tumbling: 1min }`, `{ sliding: 10min, every: 1min }`',
  ],
  ...policyInEnglish,
  badInput: (): Wording => ['a name in expressions is plain letters, digits and _', 'e.g. `current`, `motor_speed`'],
  badEvent: (): Wording => ['a name of events is letters, digits, _ and -; at most 64 characters', 'e.g. `carousel-jam`'],
  countInputs: (): Wording => ['there must be 1 to 32 inputs', 'compute a part of it as a derived signal of its own'],
  countStates: (): Wording => ['there must be 1 to 64 states'],
  countAttributes: (): Wording => ['there may be 32 attributes'],
  /** A mistake inside an expression, with its place there. */
  expression: expressionInEnglish,
  text: (): string => 'a text',
  number: (): string => 'a number',
  wholeNumber: (): string => 'a whole number',
  boolean: (): string => 'true or false',
  map: (): string => 'a map (`key: value` lines)',
  list: (): string => 'a list (`- item` lines)',
  nothing: (): string => 'nothing',
  or: (): string => ' or ',
  length: (): string => 'a length of',
  items: (): string => 'a number of items of',
  value: (): string => 'a number of',
}
