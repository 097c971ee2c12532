/** What happened, and what to do about it. */
export type Told = readonly [message: string, hint?: string]

/** Where a permission was missing. */
export type MissingWhere = 'own' | 'any' | 'node' | 'every'
type List = readonly string[]

const WHERE: Readonly<Record<MissingWhere, string>> = {
  ...{ own: ' (an account of your own)', any: '', node: ' in the zone of this node', every: ' in every zone' },
}
const perhaps = (near: string | undefined, otherwise: string) => (near === undefined ? otherwise : `did you mean ${near}?`)
const declared = (near: string | undefined, names: List, none: string) => {
  const list = names.length === 0 ? none : `declared are ${names.join(', ')}`
  return near === undefined ? list : `did you mean ${near}? ${list}`
}
const UNIT_OUT = 'leave `unit` out to read it as it is stored'
const GROUPS = 'GET /api/v1/facts/definitions lists what is computed, GET /api/v1/signals the signals'

/** Every refusal of the HTTP surface by its code; what stands after a `/` tells cases of one code apart and is not part of it. */
export const en = {
  'not-found': (): Told => ['there is nothing at this address', 'GET /api/v1/openapi.json lists what there is'],
  internal: (): Told => ['the request failed for a reason of our own; the log says which'],
  'invalid-request': (issues: string): Told => [issues, 'GET /api/v1/openapi.json describes every parameter'],
  'unreadable-body': (): Told => ['the body of the request cannot be read', 'send JSON, with its content-type'],
  'body-too-large': (): Told => ['the body of the request is too large'],
  refused: (): Told => ['the request is not one that is answered here'],
  'query-refused': (why: string): Told => [why],
  'two-hosts': (): Told => ['the request names two hosts', 'send one Host header'],
  'unknown-host': (name: string): Told => ['this server does not answer to that name', `open it as ${name}`],
  'no-conduit': (why: string): Told => [
    `no conduit lets readers at this address in: ${why}`,
    '`ecluse policy explain http send` says which line decides',
  ],
  'length-required': (): Told => ['a body comes with its content-length here', 'send it whole, not in chunks'],
  'too-many-requests': (): Told => ['too many requests in a short time', 'wait a second, and ask less often'],
  'not-signed-in': (): Told => ['sign in first', 'the command line reads its token from the data folder'],
  'not-signed-in/nobody': (): Told => ['nobody is signed in'],
  'not-signed-in/half': (): Told => ['say name and password first'],
  'second-factor-needed': (): Told => ['the second factor is still to be shown'],
  'enrol-first': (): Told => ['a second factor is required here', 'set one up in your profile; then everything else opens'],
  reserved: (): Told => ['this address is reserved for who administers', 'use the public one'],
  forbidden: (permission: string | undefined, where: MissingWhere): Told => [
    `this needs the permission ${permission ?? 'that nobody has'}${WHERE[where]}`,
  ],
  'forbidden/rows': (): Told => ['this needs the permission operate in the zones that the rows came from'],
  'forbidden/token': (permission: string, zone: string): Told => [`you may not ${permission} in ${zone} yourself`],
  'sign-in-again': (): Told => ['this needs a sign-in of the last ten minutes', 'say your password again, then repeat it'],
  'foreign-origin': (): Told => ['changes are accepted from our own pages only'],
  'audit-full': (): Told => [
    'this must be recorded in the audit log, which takes nothing just now; it was not done',
    'make room on the disk of the node’s data; GET /api/v1/evidence says what is wrong',
  ],
  'local-only': (): Told => ['only the command line of this machine’s owner may say so'],

  'notice-unread': (): Told => [
    'a notice is to be read before signing in, and this is not the one in force',
    'GET /api/v1/session/ways tells it; send its id as `notice`',
  ],
  'sign-in-refused': (): Told => ['name or password is wrong'],
  'password-refused': (): Told => ['this is not the password of the account'],
  'code-refused': (): Told => ['this code is wrong, or was used before'],
  'code-refused/app': (): Told => ['this code is wrong', 'is the clock of the telephone right?'],
  'passkey-refused': (): Told => ['this key does not fit'],
  'too-many-attempts': (seconds: number): Told => [`too many failed attempts: try again in ${seconds} s`],
  busy: (): Told => ['too many sign-ins at the same moment', 'try again in a few seconds'],
  'busy/queries': (count: number): Told => [`${count} queries are running`, 'try again when one has ended'],
  'busy/search': (): Told => ['a search is running', 'try again when it has ended'],
  'weak-password/short': (least: number): Told => [`a password has at least ${least} characters`, EASY],
  'weak-password/long': (most: number): Told => [`a password has at most ${most} characters`, EASY],
  'weak-password/name': (): Told => ['a password does not contain the name or the site', EASY],
  'weak-password/common': (): Told => ['this password is among those that are tried first', EASY],
  'link-invalid': (): Told => ['this link has been used or has expired', 'ask an administrator for a new one'],
  'link-invalid/first': (): Told => [
    'this link has been used or has expired',
    'start Écluse again: while there is no account it prints a new link',
  ],
  'external-account': (): Told => ['this account signs in with a provider, and has no password here'],
  'external-account/again': (): Told => ['this account signs in with a provider', 'sign in there again'],
  'external-account/roles': (): Told => ['the roles of this account come from its provider', 'people.oidc.roles of the file maps them'],
  'name-taken': (): Told => ['an account of this name exists'],
  'name-taken/token': (): Told => ['a token of this name exists'],
  'too-many-accounts': (): Told => ['there is no room for more accounts'],
  'too-many-tokens': (): Told => ['there is no room for more tokens'],
  'unknown-account': (): Told => ['there is no such account', 'GET /api/v1/users lists them'],
  'last-administrator': (): Told => ['somebody has to be able to administer', 'make somebody else an administrator first'],
  'unknown-role': (name: string, near: string | undefined, known: List): Told => [
    `no role ${name} is declared`,
    declared(near, known, 'none is declared'),
  ],
  'unknown-zone': (name: string, known: List): Told => [
    `there is no zone ${name}`,
    known.length > 0 ? `there are ${known.join(', ')}` : 'none is declared: give *',
  ],
  'unknown-token': (): Told => ['there is no such token', 'GET /api/v1/tokens lists them'],
  'unknown-passkey': (): Told => ['there is no such key'],
  'too-many-passkeys': (most: number): Told => [`at most ${most} keys an account`],
  'nothing-offered': (): Told => ['this was not begun here, or was used already', 'begin again'],
  'nothing-offered/secret': (): Told => ['ask for a secret first'],
  'no-second-factor': (): Told => ['set up a second factor first'],
  'needs-name': (): Told => [
    'security keys are bound to a name, and this is an address',
    'open it as http://localhost:PORT on this machine, or give people.url a name',
  ],
  'oidc-state': (): Told => ['this sign-in was not begun here, or was used already', 'begin again'],
  'oidc-refused': (): Told => ['the provider refused the sign-in'],
  'oidc-refused/no-token': (): Told => ['the provider sent no ID token'],
  'oidc-invalid': (): Told => ['what the provider sent does not fit'],
  'provider-unreachable': (): Told => ['the sign-in provider does not answer', 'accounts of this node go on working'],
  'no-role': (): Told => ['none of your groups has a role here', 'ask an administrator'],
  'account-disabled': (): Told => ['this account is disabled here'],

  'unknown-signal': (id: string, near: List): Told => [
    `there is no signal ${id}`,
    near.length > 0 ? `did you mean ${near.join(', ')}?` : 'GET /api/v1/signals?match=** lists the ids',
  ],
  'no-signal': (): Told => ['name at least one `signal`, or a `match`'],
  'too-many-signals': (count: number, most: number): Told => [`the pattern matches ${count} signals, the limit is ${most}`],
  'too-many-signals/processed': (name: string, count: number, most: number): Told => [
    `${name} of ${count} signals, the limit is ${most}`,
    'plain statistics go over more signals at once',
  ],
  'too-many-signals/ledger': (): Told => ['these are more signals than the ledger counts at once', 'name fewer signals'],
  'too-many-samples': (most: number): Told => [
    `the period holds more than ${most} samples`,
    'ask for a shorter period or for fewer signals',
  ],
  'not-a-number': (id: string): Told => [`${id} is a text`, 'declare an event for it'],
  'not-a-number/function': (id: string, name: string): Told => [`${id} is text: it has no ${name}`],
  'unknown-function': (name: string, known: List): Told => [`there is no function ${name}`, `there are ${known.join(', ')}`],
  'invalid-configuration': (): Told => [
    'percentDataBad and percentDataGood are percentages from 0 to 100, and percentDataGood is at least 100 - percentDataBad',
  ],
  'invalid-period': (): Told => ['`from` must be before `to`'],
  'invalid-time': (text: string): Told => [
    `${text} is no time`,
    'with its zone, e.g. 2026-11-23T08:00:00Z or 2026-11-23T09:00:00+01:00; or now, or a time before it in s, min, h or d: -15min',
  ],
  'invalid-interval': (text: string): Told => [`${text} is no interval`, 'at least 1ms, for example 10s, 15min, 1h, 1d'],
  'period-too-long': (hours: number, most: number): Told => [
    `${hours} hours asked for, the limit is ${most}`,
    'ask for a part of the period',
  ],
  'period-too-long/days': (): Told => ['this is more than the ledger counts at once', 'ask for a part of the period'],
  'glob-invalid': (why: keyof typeof GLOB, limit: number): Told => [
    `the pattern ${GLOB[why](limit)}`,
    'use * within a segment and ** across segments, e.g. match=**/carousel-{1,2}/*/current',
  ],
  'unknown-unit': (unit: string, near: List): Told => [
    `nobody knows the unit ${unit}`,
    near.length > 0 ? `did you mean ${near.join(', ')}?` : 'units are UCUM codes: m3/h, Cel, kW.h; encode % as %25 in an address',
  ],
  'unknown-unit/stored': (id: string, unit: string): Told => [`${id} is in ${unit}, a unit nobody knows`, UNIT_OUT],
  'no-unit': (id: string): Told => [`${id} has no unit`, 'leave `unit` out, or narrow the signals asked for to those that have one'],
  'unit-not-convertible': (id: string, from: string, to: string, why: keyof typeof UNITS): Told => [
    `${id} is in ${from}: ${from} to ${to}: ${UNITS[why]}`,
    UNIT_OUT,
  ],
  'unit-not-convertible/zeros': (name: string, id: string, unit: string): Told => [
    `${name} of ${id} has no sense in ${unit}: the zeros of the two scales differ`,
    'leave `unit` out',
  ],
  'too-many-own-streams': (count: number): Told => [`you have ${count} live streams open`, 'close one, or read /api/v1/last'],
  'too-many-streams': (count: number): Told => [`${count} live streams are open`, 'close one, or read /api/v1/last'],
  'too-long': (): Told => ['the search took too long', 'ask for a shorter period, or fewer signals with match'],
  'invalid-lead': (): Told => ['the lead is from 1s to 1d', 'for example 10min'],
  'no-value': (name: string): Told => [
    `${name} has several values`,
    `name one: ${name}.VALUE; GET /api/v1/facts?definition=${name} shows them`,
  ],
  'unknown-target': (name: string, near: string | undefined): Told => [
    `there is no event, result or signal called ${name}`,
    perhaps(near, GROUPS),
  ],
  'unknown-definition': (name: string, near: string | undefined): Told => [
    `nothing called ${name} is computed here`,
    perhaps(near, 'GET /api/v1/facts/definitions lists what is'),
  ],
  'no-facts': (name: string): Told => [
    `${name} computes samples of a signal, no results`,
    'GET /api/v1/samples?signal=ID reads them, GET /api/v1/signals?connection=computed lists them',
  ],
  'unknown-connection': (glob: string): Told => [
    `the ledger has no connection ${glob} in this time`,
    'GET /api/v1/ledger without `connection` shows all of them',
  ],
  'unknown-kind': (name: string, near: string | undefined): Told => [
    `no kind of record ${name} is declared`,
    perhaps(near, 'GET /api/v1/records/kinds lists them'),
  ],
  'unknown-kind/thing': (kinds: List): Told => ['this is not KIND:ID', `KIND is one of ${kinds.join(', ')}`],
  'unknown-thing': (kind: string): Told => [
    `there is no ${kind} with this id`,
    'ids of signals begin with the site; GET /api/v1/signals lists them',
  ],
  'no-name': (): Told => ['somebody has to answer for it: say who decides', 'add `by`'],
  'invalid-request/passport': (): Told => ['a passport is of a `signal` or of a result: `definition` and `key`'],
  'unknown-use': (name: string, near: string | undefined, known: List): Told => [
    `nobody has declared the use ${name}`,
    declared(near, known, 'none is declared: `uses:` of the configuration does'),
  ],
  'unknown-value': (name: string, near: string | undefined, known: List): Told => [
    `this result has no value ${name}`,
    perhaps(near, `it has ${known.join(', ')}`),
  ],
  'unknown-hop': (): Told => ['the chain has no such hop', 'the ids are those of `chain`'],
  'unknown-contract': (): Told => ['there is no contract with this id', 'GET /api/v1/contracts lists them'],
  'unknown-configuration': (): Told => ['this version was not kept', 'GET /api/v1/configurations lists them'],
  'unreadable-configuration': (): Told => ['this is no configuration that can be read', '`ecluse lint` says what is wrong'],
  'no-finding': (): Told => ['there is no such finding', 'GET /api/v1/security/findings lists them'],
  'baseline-changed': (): Told => [
    'nothing with this hash is being learned: something new was seen meanwhile, or nothing is learned',
    'look at the baseline again, then accept what it shows',
  ],
  'not-signed': (): Told => ['this node signs nothing'],
  'no-proof': (): Told => [
    'the hashes of that hour are not kept here',
    'they are on the node that wrote the record, or in an exported folder',
  ],
  'unknown-subject': (name: string, known: List, near?: string): Told => [
    `${name} means nothing here`,
    `${near ? `did you mean ${near}? ` : ''}there are: ${known.join(', ')}`,
  ],
  'unknown-action': (name: string, known: List, near?: string): Told => [
    `${name} means nothing here`,
    `${near ? `did you mean ${near}? ` : ''}there are: ${known.join(', ')}`,
  ],
  'unknown-object': (name: string, known: List, near?: string): Told => [
    `${name} means nothing here`,
    `${near ? `did you mean ${near}? ` : ''}there are: ${known.join(', ')}`,
  ],
  'writes-off': (): Told => [
    'nothing is written to devices here; the attempt has been recorded',
    'SECURITY.md says what Écluse does and does not do',
  ],
  'no-such-signal': (): Told => ['there is no such signal; the attempt has been recorded'],
  'plan-busy': (): Told => ['another plan is being made', 'try again in some seconds'],
  'plan-not-kept': (): Told => ['the running configuration was not kept', 'compare two files: ecluse plan FILE --against FILE'],
  'plan-bad-name': (): Told => [
    'a file is named by letters, digits, `_`, `-` and `.`, ends in .yaml, and stays in its folder',
    'GET /api/v1/configurations tells the names',
  ],
  'plan-too-long': (): Told => ['these are more or longer files than are compared here', 'ecluse plan compares files of any length'],
  'plan-took-too-long': (): Told => ['this was not compared in the time there is', 'ecluse plan compares on another machine'],
  'plan-failed': (): Told => ['comparing failed; the log says why', 'ecluse plan compares on another machine'],
  'change-unknown': (): Told => ['there is no such change here', 'GET /api/v1/changes tells those that are kept'],
  'change-not-a-person': (): Told => [
    'only somebody with an account approves a change',
    'sign in to the pages: *Lineage*, then *Plan a change here*',
  ],
  'change-own': (): Told => ['a change is approved by others than who proposed it', 'ask somebody else to look at it'],
  'change-wrong-role': (): Told => ['you have none of the roles that approve changes', 'they are those of `governance.changes.by`'],
  'change-twice': (): Told => ['you have approved this change already'],
  'change-too-many': (): Told => ['as many have approved this change as are kept'],
}

const EASY = 'several words that do not belong together are long, and easy to keep in mind'
const GLOB = {
  empty: (_limit: number) => 'is empty',
  long: (limit: number) => `has more than ${limit} characters`,
  'not-opened': (_limit: number) => 'closes a brace } that was not opened',
  'not-closed': (_limit: number) => 'opens a brace { that is not closed',
  nested: (_limit: number) => 'has braces within braces',
  alternatives: (limit: number) => `has braces that stand for more than ${limit} patterns`,
  bracket: (_limit: number) => 'opens a bracket [ that is not closed',
}
const UNITS = {
  dimension: 'they do not measure the same thing',
  gauge: 'a gauge pressure is over the pressure of the air, which is not known here',
  'reference-state':
    'a volume at normal or standard conditions is another at the gas’s own pressure and temperature, which are not known here',
  'power-kind': 'active, reactive and apparent power differ by a power factor, which is not known here',
}

/** What our own patterns want, by the message that they bear. */
export const enPatterns = {
  'account-name': 'a name has 1 to 64 letters, digits, spaces and . _ @ -',
  'token-name': 'a name has 1 to 64 letters, digits and . _ -',
}
