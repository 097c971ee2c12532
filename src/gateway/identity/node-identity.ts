import { KeyObject } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { LIMITS } from '../../core/limits.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import { authorityOf, type CertificateFacts, factsOf, fingerprintOf, readCertificates } from './certificate.ts'
import { type OwnFiles, readOwn } from './customer.ts'
import { enrolAnswer } from './enrolment.ts'
import { EnrolmentRefused, IdentityError } from './errors.ts'
import { privateDirectory, readLimited } from './files.ts'
import { type KeyPair, keyToPem, newKeyPair, readKey } from './keys.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import { makeRequest } from './x509.ts'

/** What an edge or relay shows the hub it dials, and what it trusts. */
export interface Credentials extends CertificateFacts {
  readonly key: KeyObject
  /** PEM. */
  readonly certificate: string
  /** The pinned authority, PEM. */
  readonly ca: string
}

/** Who this node is to the hub above it. */
export interface NodeIdentity {
  /** `host:port` of the hub that was enrolled with; undefined with the customer's own files. */
  readonly address: string | undefined
  /** The hub's own authority vouches for hubs only, so that its name need not be the address dialled. */
  readonly isBuiltIn: boolean
  /** As stored now: what another process or a renewal wrote is taken over. Throws IdentityError. */
  credentials(): Promise<Credentials>
  /**
   * A new key and certificate over a link that is up: `ask` carries the request and brings the answer back (JSON). The old certificate stays good until
   * its end, so links that use it go on. Throws EnrolmentRefused when the hub will not, IdentityError when its answer is not sound; nothing is changed then.
   */
  renew(ask: (request: string) => Promise<unknown>): Promise<void>
}

const stored = z.strictObject({
  version: z.literal(1),
  node: z.string().min(1).max(LIMITS.nodeLength),
  address: z.string().min(1).max(260),
  /** SHA-256 of the pinned authority. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  /** Which files are in force: `key-N.pem` and `certificate-N.pem`. */
  generation: z.int().min(1),
})
type Stored = z.infer<typeof stored>

const STATE_BYTES = 4096
const home = (directory: string): string => join(directory, 'node')
const stateFile = (directory: string): string => join(home(directory), 'node.json')

export interface IdentityOptions {
  readonly directory: string
  readonly passphrase?: string | undefined
}

/** The identity this node enrolled with. Throws IdentityError, `absent` when it never did. */
export async function openNodeIdentity({ directory, passphrase }: IdentityOptions): Promise<NodeIdentity> {
  let cached: { generation: number; credentials: Credentials } | undefined
  const credentials = async () => {
    const state = await readState(directory)
    // Opening an encrypted key takes a good part of a second: once per certificate.
    if (cached?.generation !== state.generation)
      cached = { generation: state.generation, credentials: await readCredentials(directory, state, passphrase) }
    return cached.credentials
  }
  const { address } = await readState(directory)
  await credentials()
  return {
    address,
    isBuiltIn: true,
    credentials,
    renew: async (ask) => {
      const before = await readState(directory)
      const keys = await newKeyPair()
      const answer = await ask(await makeRequest(before.node, keys))
      const generation = before.generation + 1
      cached = { generation, credentials: await store({ directory, passphrase }, { ...before, generation }, keys, answer) }
    },
  }
}

/** A node whose certificate the customer's authority made. Files that are replaced are taken over. Throws IdentityError. */
export async function customerIdentity(files: OwnFiles, passphrase?: string): Promise<NodeIdentity> {
  const credentials = async (): Promise<Credentials> => {
    const { ca, keys, keyObject, name, serial, notBefore } = await readOwn(files, passphrase)
    return { ca, certificate: keys.certificate, key: keyObject, name, serial, notBefore, notAfter: keys.notAfter }
  }
  await credentials()
  return {
    address: undefined,
    isBuiltIn: false,
    credentials,
    renew: () =>
      Promise.reject(
        new IdentityError('not-issued-here', files.certificate, 'the authority of the configuration renews this certificate, not the hub'),
      ),
  }
}

/** A first key and certificate for a node that has none, or is to have another. */
export interface Enrolling {
  /** PKCS#10, PEM. */
  readonly request: string
  /** Stores what the hub answered. Throws EnrolmentRefused, or IdentityError when the answer is not sound. */
  accept(answer: unknown): Promise<CertificateFacts>
}

/** Throws IdentityError `exists` where there is an identity that must not be replaced. */
export async function beginEnrolling(
  options: IdentityOptions,
  hub: { readonly node: string; readonly address: string; readonly fingerprint: string },
  mayReplace: boolean,
): Promise<Enrolling> {
  const before = await readState(options.directory).catch((error: unknown) => {
    if (mayReplace || (error instanceof IdentityError && error.code === 'absent')) return undefined
    throw error
  })
  if (before && !mayReplace)
    throw new IdentityError('exists', before.node, `this node is enrolled already, as ${before.node} at ${before.address}`)
  const keys = await newKeyPair()
  const generation = (before?.generation ?? (await lastGeneration(options.directory))) + 1
  return {
    request: await makeRequest(hub.node, keys),
    accept: (answer) =>
      store(options, { version: 1, node: hub.node, address: hub.address, fingerprint: hub.fingerprint, generation }, keys, answer),
  }
}

/** Files of a generation that a crash, or a damaged `node.json`, left behind are never written over. */
async function lastGeneration(directory: string): Promise<number> {
  await privateDirectory(home(directory))
  return (await generations(directory)).reduce((most, { generation }) => Math.max(most, generation), 0)
}

/** Checks an answer and makes it the identity in force, in one step: the rename of `node.json`. */
async function store(options: IdentityOptions, state: Stored, keys: KeyPair, answer: unknown): Promise<Credentials> {
  const { directory, passphrase } = options
  const given = enrolAnswer.safeParse(answer)
  if (!given.success) throw new IdentityError('wrong-hub', state.address, 'the answer of the hub is not one', { cause: given.error })
  if ('refused' in given.data) throw new EnrolmentRefused(given.data.refused, given.data.message)
  const { certificate, ca } = given.data
  const pair = { certificate, ca, key: KeyObject.from(keys.privateKey) }
  const facts = checkPair(pair, state)
  await privateDirectory(home(directory))
  await replaceFile(path(directory, 'key', state.generation), await keyToPem(keys.privateKey, passphrase))
  await replaceFile(path(directory, 'certificate', state.generation), certificate + ca)
  await replaceFile(stateFile(directory), `${JSON.stringify(state, null, 1)}\n`)
  for (const { file, generation } of await generations(directory))
    if (generation < state.generation) await rm(join(home(directory), file), { force: true })
  return { ...pair, ...facts }
}

const path = (directory: string, what: 'key' | 'certificate', generation: number): string =>
  join(home(directory), `${what}-${generation}.pem`)

async function generations(directory: string): Promise<{ file: string; generation: number }[]> {
  const files = await readdir(home(directory))
  return files.flatMap((file) => {
    const generation = Number(/^(?:key|certificate)-(\d{1,9})\.pem$/.exec(file)?.[1])
    return generation > 0 ? [{ file, generation }] : []
  })
}

async function readState(directory: string): Promise<Stored> {
  const file = stateFile(directory)
  const { text } = await readLimited(file, STATE_BYTES, true)
  try {
    return stored.parse(JSON.parse(text))
  } catch (error) {
    throw new IdentityError('damaged', file, `${file} is not one of ours, or is damaged: enrol again`, { cause: error })
  }
}

async function readCredentials(directory: string, state: Stored, passphrase: string | undefined): Promise<Credentials> {
  const key = await readKey(path(directory, 'key', state.generation), passphrase)
  const file = path(directory, 'certificate', state.generation)
  const { text } = await readLimited(file, IDENTITY_LIMITS.pemLength, false)
  const [leaf, ca] = text.split(/(?<=-----END CERTIFICATE-----\n)/)
  const pair = { certificate: leaf ?? '', ca: ca ?? '', key }
  return { ...pair, ...checkPair(pair, state) }
}

/** The pinned authority made this certificate for this node's key, under its name. Throws IdentityError. */
function checkPair(pair: { certificate: string; ca: string; key: KeyObject }, { node, fingerprint, address }: Stored): CertificateFacts {
  const authority = authorityOf(pair.ca, address)
  const [leaf] = readCertificates(pair.certificate, address)
  if (fingerprintOf(authority) !== fingerprint || !leaf?.verify(authority.publicKey))
    throw new IdentityError('wrong-hub', address, 'the certificate is not from the authority this node was told of')
  const facts = factsOf(leaf)
  if (facts?.name !== node || !leaf.checkPrivateKey(pair.key))
    throw new IdentityError('mismatch', node, `the certificate is not for ${node} and its key`)
  return facts
}
