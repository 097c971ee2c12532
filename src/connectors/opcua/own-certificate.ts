import { X509Certificate } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Opcua } from './library.ts'

/** A certificate of ours with its private key, on disk and ready for the library. */
export interface OwnCertificate {
  /** The URI in the certificate; OPC UA wants it equal to the one the application says of itself. */
  readonly applicationUri: string
  readonly certificateFile: string
  readonly privateKeyFile: string
  readonly der: Buffer
  readonly provider: InstanceType<Opcua['InMemoryCertificateKeyPairProvider']>
}

const VALIDITY_DAYS = 3_650

/**
 * The certificate in `directory/own`, made on first use: RSA 2048, self-signed, the private key readable by the owner only.
 * The folder appears by one rename, so that two commands at once agree on one pair.
 */
export async function ownCertificate(opcua: Opcua, directory: string, name: string): Promise<OwnCertificate> {
  const folder = join(directory, 'own')
  return (await load(opcua, folder)) ?? (await create(opcua, directory, folder, name))
}

async function load(opcua: Opcua, folder: string): Promise<OwnCertificate | undefined> {
  const certificateFile = join(folder, 'certificate.pem')
  const privateKeyFile = join(folder, 'private-key.pem')
  let pem: string
  let key: string
  try {
    pem = await readFile(certificateFile, 'utf8')
    key = await readFile(privateKeyFile, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const certificate = new X509Certificate(pem)
  const applicationUri = /URI:([^,\s]+)/.exec(certificate.subjectAltName ?? '')?.[1]
  if (!applicationUri) throw new Error(`${certificateFile} names no application URI: delete the folder to have a new pair made`)
  const provider = new opcua.InMemoryCertificateKeyPairProvider([certificate.raw], { hidden: key })
  return { applicationUri, certificateFile, privateKeyFile, der: certificate.raw, provider }
}

async function create(opcua: Opcua, directory: string, folder: string, name: string): Promise<OwnCertificate> {
  const provider = new opcua.InMemoryCertificateKeyPairProvider()
  const commonName = name.replace(/[^\p{L}\p{N} ._-]/gu, '-').slice(0, 64)
  await provider.ensureCertificateExists({
    applicationUri: `urn:ecluse:${encodeURIComponent(name)}`,
    subject: `/CN=${commonName}/O=Ecluse`,
    dns: [hostname()],
    ip: ['127.0.0.1'],
    validity: VALIDITY_DAYS,
  })
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const made = await mkdtemp(join(directory, 'own-'))
  const key = provider.getPrivateKey() as { hidden: string }
  await writeFile(join(made, 'private-key.pem'), key.hidden, { mode: 0o600 })
  await writeFile(join(made, 'certificate.pem'), new X509Certificate(provider.getCertificate()).toString(), { mode: 0o644 })
  await writeFile(join(made, 'certificate.der'), provider.getCertificate(), { mode: 0o644 })
  await chmod(made, 0o700)
  try {
    await rename(made, folder)
  } catch (error) {
    await rm(made, { recursive: true, force: true })
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
  }
  const loaded = await load(opcua, folder)
  if (!loaded) throw new Error(`${folder} holds only half of a certificate and key: delete it to have a new pair made`)
  return loaded
}
