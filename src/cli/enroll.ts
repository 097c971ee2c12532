import { NotConnected } from '../core/errors.ts'
import { saidIn } from '../core/peer-faults.ts'
import { formatTime } from '../core/time.ts'
import { EnrolmentRefused, IdentityError } from '../gateway/identity/errors.ts'
import { identityDirectory } from '../gateway/identity/hub.ts'
import { decodeToken } from '../gateway/identity/tokens.ts'
import { enroll } from '../gateway/link/tls.ts'
import { load } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { writeResult } from './output.ts'

export interface EnrollOptions extends CommonOptions {
  readonly config?: string
  readonly data?: string
  readonly replace?: boolean
}

/** `ecluse enroll TOKEN`: this node makes its key, the hub that made the token certifies it, and both know each other from then on. */
export async function enrollNode(verb: Verb, token: string, { config, data, replace, output }: EnrollOptions): Promise<Exit> {
  const { io, clock } = verb
  const words = verb.words.identity
  return refusing(verb, async () => {
    const { node } = decodeToken(token)
    const loaded = data === undefined ? (await load(verb, config)).config : undefined
    if (loaded && loaded.node.id !== node) throw new Refused(words.otherNode(node, loaded.node.id), words.otherNodeHint)
    if (loaded?.link?.certificate !== undefined) throw new Refused(words.ownFiles, words.ownFilesHint)
    const directory = identityDirectory(data ?? (loaded as { data: string }).data)
    const { passphrase } = loaded?.link ?? {}
    const enrolled = await enroll({ token, directory, passphrase, clock, stop: io.stopSignal(), mayReplace: replace === true })
    const until = formatTime(enrolled.notAfter)
    const { to } = loaded?.link ?? {}
    if (to !== undefined && to !== enrolled.address) io.err(`${words.elsewhere(enrolled.address, to)}\n`)
    const value = { node: enrolled.name, hub: enrolled.address, serial: enrolled.serial, notAfter: until, directory }
    writeResult(io, output, value, () => words.enrolled(enrolled.name, enrolled.address, until))
    return EXIT.ok
  })
}

/** What identities and hubs refuse, in the person's language. */
export async function refusing(verb: Verb, work: () => Promise<Exit>): Promise<Exit> {
  const words = verb.words.identity
  try {
    return await work()
  } catch (error) {
    if (error instanceof IdentityError) throw new Refused(...words.problems[error.code](error.subject))
    if (error instanceof EnrolmentRefused) throw new Refused(...words.refusals[error.code](''))
    if (error instanceof NotConnected) {
      const [why] = saidIn(verb.language, { message: error.message, hint: undefined, fault: error.fault })
      throw new Refused(words.unreachable(why), words.unreachableHint)
    }
    throw error
  }
}
