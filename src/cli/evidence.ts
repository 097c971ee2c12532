import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MANIFEST, verificationLines, verifyFolder } from '../continuity/index.ts'
import type { Verification } from '../core/evidence.ts'
import { verifyCarried } from '../gateway/index.ts'
import { machineFiles } from '../lib/durable-files.ts'
import { type Verifier, verifierOf } from '../lib/signed.ts'
import { openSigner } from '../run/evidence/start.ts'
import { isDirectory, verifyEvidence } from '../run/evidence/verify.ts'
import { load } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { refusing } from './enroll.ts'
import { paint, writeResult } from './output.ts'

/** The longest file that may be a public key. */
const KEY_BYTES = 4096

/** `ecluse evidence verify DIR --key FILE`: offline; 1 when anything is wrong. DIR: an exported folder, a data directory, a spool, an audit log, or a file of records that was carried by hand. */
export async function evidenceVerify(verb: Verb, directory: string, options: CommonOptions & { readonly key: string }): Promise<Exit> {
  const words = verb.words.evidence
  const verifier = await readKey(verb, options.key)
  const result = await verify(verb, directory, verifier)
  writeResult(verb.io, options.output, result, () => {
    const { tampered, folderFiles } = result
    const [first = '', ...rest] = verificationLines(verb.language, result)
    const place =
      tampered?.sequence === undefined
        ? ''
        : ` (${tampered.part === 'audit' ? words.entry(tampered.sequence) : words.record(tampered.sequence)})`
    const { bad } = paint(verb.io.colour.out)
    const files = folderFiles === undefined ? [] : [words.folderFiles(folderFiles)]
    return [tampered ? bad(`${first}${place}`) : first, ...[...files, ...rest].map((line) => `  ${line}`)].join('\n')
  })
  return result.tampered ? EXIT.failed : EXIT.ok
}

async function verify(verb: Verb, directory: string, verifier: Verifier): Promise<Verification> {
  if (await isFile(directory)) return verifyFile(directory, verifier)
  if (!(await isDirectory(directory))) throw new Refused(verb.words.evidence.noFolder(directory), verb.words.evidence.noFolderHint)
  const names = await machineFiles.list(directory)
  const isFolder = names.includes(MANIFEST)
  const folder = isFolder ? await verifyFolder(directory, verifier) : undefined
  const isAudit = names.some((name) => /^audit-\d{10}\.jsonl$/.test(name))
  const isSpool = !isAudit && names.some((name) => name.endsWith('.seg') || name === 'head.sig')
  const spool = isSpool ? directory : names.includes('spool') ? join(directory, 'spool') : undefined
  const audit = isAudit ? directory : names.includes('audit') ? join(directory, 'audit') : undefined
  if (!spool && !audit && !folder) throw new Refused(verb.words.evidence.nothingHere(directory), verb.words.evidence.noFolderHint)
  const result = await verifyEvidence({ spool, audit }, verifier, { stop: verb.io.stopSignal() })
  // Which record it is says more than which file.
  if (folder?.tampered && !result.tampered) return { ...result, tampered: { part: 'folder', ...folder.tampered } }
  return { ...result, ...(folder && !folder.tampered && { folderFiles: folder.files }) }
}

async function verifyFile(path: string, verifier: Verifier): Promise<Verification> {
  const found = await verifyCarried(path, verifier)
  const of = { key: verifier.key, roots: 0 }
  return 'what' in found ? { ...of, tampered: { part: 'carried', file: path, ...found } } : { ...of, carried: found }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

async function readKey(verb: Verb, path: string): Promise<Verifier> {
  try {
    if ((await stat(path)).size > KEY_BYTES) throw new RangeError('too long')
    return verifierOf(await readFile(path, 'utf8'))
  } catch (error) {
    throw new Refused(
      verb.words.evidence.badKey(path, error instanceof Error ? error.message : String(error)),
      verb.words.evidence.badKeyHint,
    )
  }
}

/** `ecluse evidence key`: the public key this node signs with, and its fingerprint. */
export async function evidenceKey(verb: Verb, options: CommonOptions & { readonly config?: string }): Promise<Exit> {
  return refusing(verb, async () => {
    const loaded = await load(verb, options.config)
    const { key, publicKey } = await openSigner(loaded)
    writeResult(verb.io, options.output, { node: loaded.config.node.id, key, publicKey }, () => publicKey.trimEnd())
    verb.io.err(`${verb.words.evidence.fingerprint(loaded.config.node.id, key)}\n`)
    return EXIT.ok
  })
}
