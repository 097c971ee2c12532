import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CHANGE_LIMITS } from '../../continuity/index.ts'
import type { ChangeFiles, ConfigurationChange } from '../../core/changes.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import { readSigned, type Signer, signedText, verifierOf } from '../../lib/signed.ts'

const text = z.string().max(256)
const digest = z.string().regex(/^[0-9a-f]{64}$/)
const record = z.strictObject({
  format: z.literal('ecluse-change'),
  version: z.literal(1),
  digest,
  before: text,
  proposed: z.strictObject({ who: text, isAccount: z.boolean(), reason: text, time: z.number() }),
  approvals: z
    .array(z.strictObject({ who: text, roles: z.array(text).max(256), reason: text, time: z.number() }))
    .max(CHANGE_LIMITS.approvals),
})
const filesOf = z.strictObject({
  entry: text,
  files: z.array(z.strictObject({ name: z.string().max(1024), text: z.string() })).max(512),
})

export interface ChangeStore {
  /** Newest first. */
  list(): readonly ConfigurationChange[]
  /** Records that were not signed by this node, by their names: none of them counts. */
  readonly foreign: readonly string[]
  files(digest: string): Promise<ChangeFiles | undefined>
  /** On disk when it resolves; the oldest make room. */
  put(change: ConfigurationChange, files?: ChangeFiles): Promise<void>
}

/** `DATA/changes`: for each change a record that the node has signed, so that nobody with a text editor approves anything, and its files. */
export async function openChangeStore(data: string, signer: Signer): Promise<ChangeStore> {
  const folder = join(data, 'changes')
  const foreign: string[] = []
  let changes: readonly ConfigurationChange[] = []
  for (const name of (await readdir(folder).catch(() => [])).filter((one) => one.endsWith('.signed')).slice(0, 2 * CHANGE_LIMITS.changes)) {
    const found = await readRecord(join(folder, name), signer)
    if (found && name === `${found.digest}.signed`) changes = [...changes, found]
    else foreign.push(name)
  }
  changes = newestFirst(changes)
  const signedFile = (of: string) => join(folder, `${of}.signed`)
  const textsFile = (of: string) => join(folder, `${of}.json`)
  return {
    list: () => changes,
    foreign,
    files: async (of) => {
      if (!changes.some((one) => one.digest === of)) return undefined
      const bytes = await readBounded(textsFile(of), CHANGE_LIMITS.filesBytes)
      const parsed = bytes && filesOf.safeParse(JSON.parse(bytes.toString('utf8')))
      return parsed?.success ? parsed.data : undefined
    },
    put: async (change, files) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      if (files) await replaceFile(textsFile(change.digest), JSON.stringify(files))
      await replaceFile(signedFile(change.digest), signedText({ format: 'ecluse-change', version: 1, ...change }, signer))
      const all = newestFirst([change, ...changes.filter((one) => one.digest !== change.digest)])
      changes = all.slice(0, CHANGE_LIMITS.changes)
      for (const old of all.slice(CHANGE_LIMITS.changes))
        for (const path of [signedFile(old.digest), textsFile(old.digest)]) await rm(path, { force: true })
    },
  }
}

const newestFirst = (all: readonly ConfigurationChange[]) => all.toSorted((a, b) => b.proposed.time - a.proposed.time)

async function readRecord(path: string, signer: Signer): Promise<ConfigurationChange | undefined> {
  const bytes = await readBounded(path, CHANGE_LIMITS.recordBytes)
  const read = bytes && readSigned(bytes, verifierOf(signer.publicKey))
  const parsed = read === undefined || typeof read === 'string' ? undefined : record.safeParse(read.content)
  if (!parsed?.success) return undefined
  const { format: _format, version: _version, ...change } = parsed.data
  return change
}

async function readBounded(path: string, most: number): Promise<Buffer | undefined> {
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  )
  return size === undefined || size > most ? undefined : readFile(path)
}
