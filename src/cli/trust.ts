import type { PeerIdentity } from '../core/connector.ts'
import { choose, load, sourceContext } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, logOf, Refused, type Verb } from './context.ts'
import { paint, printable, writeResult } from './output.ts'

export interface TrustOptions extends CommonOptions {
  readonly config?: string
  readonly fingerprint?: string
}

/** `ecluse trust NAME`: the one way a certificate becomes trusted: a person compared it and says so. */
export async function trust(verb: Verb, name: string, options: TrustOptions): Promise<Exit> {
  const { io } = verb
  const words = verb.words.trust
  const loaded = await load(verb, options.config)
  const [connection] = choose(verb, loaded, name)
  if (!connection?.connector.identity || !connection.connector.trust) throw new Refused(words.cannot(connection?.kind ?? name))
  const context = sourceContext(verb, loaded, name, logOf(verb, options))
  const identity = await connection.connector.identity(connection.config, context, io.stopSignal())
  writeResult(io, options.output, identity, () => describe(verb, identity))
  const now = verb.clock.now() / 1000
  if (Date.parse(identity.validFrom) > now || Date.parse(identity.validTo) < now) io.err(`${paint(io.colour.err).warn(words.expired)}\n`)
  if (identity.trusted) {
    io.err(`${words.already}\n`)
    return EXIT.ok
  }
  if (!(await decide(verb, name, identity, options.fingerprint))) {
    io.err(`${words.refused}\n`)
    return EXIT.failed
  }
  await connection.connector.trust(connection.config, context, identity)
  io.err(`${words.done(name)}\n`)
  return EXIT.ok
}

/** A fingerprint that was given must be the right one; else a person is asked; nobody there means no. */
async function decide(verb: Verb, name: string, identity: PeerIdentity, fingerprint: string | undefined): Promise<boolean> {
  const { io, words } = verb
  if (fingerprint !== undefined) {
    if (bare(fingerprint) === bare(identity.sha256)) return true
    throw new Refused(words.trust.differs, words.trust.differsHint)
  }
  if (!io.interactive) throw new Refused(words.trust.notInteractive, words.trust.notInteractiveHint(identity.sha256))
  io.err(`${words.trust.compare}\n`)
  const answer = (await io.ask(words.trust.question(name))).trim().toLowerCase()
  return words.trust.answerYes.includes(answer)
}

const bare = (fingerprint: string): string =>
  fingerprint
    .replace(/^sha-?256[:=]/i, '')
    .replace(/[^0-9a-f]/gi, '')
    .toLowerCase()

function describe(verb: Verb, identity: PeerIdentity): string {
  const words = verb.words.trust
  const issuer = identity.issuer === identity.subject ? `${identity.issuer} ${words.selfSigned}` : identity.issuer
  const lines: [string, string][] = [
    [words.subject, identity.subject],
    [words.issuer, issuer],
    [words.sha256, identity.sha256],
    [words.sha1, identity.sha1],
    [words.validFrom, identity.validFrom],
    [words.validTo, identity.validTo],
    [words.trusted, identity.trusted ? words.yes : words.no],
  ]
  const width = Math.max(...lines.map(([title]) => title.length))
  return lines.map(([title, text]) => `${title.padEnd(width)}  ${printable(text)}`).join('\n')
}
