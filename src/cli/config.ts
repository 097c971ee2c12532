import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { z } from 'zod'
import { formatProblems, lintFiles } from '../config/index.ts'
import { identityDirectory } from '../gateway/identity/hub.ts'
import { openSigningKey } from '../gateway/identity/signing-key.ts'
import { replaceFile } from '../lib/replace-file.ts'
import { finishReplacing } from '../lib/replace-files.ts'
import { type Verifier, verifierOf } from '../lib/signed.ts'
import { BUNDLE_LIMITS, type Bundle, BundleRefused, compareFiles, layDown, readBundle, writeBundle } from './config-bundle.ts'
import { configPath, load } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'

/** The counters of the last bundle that was taken, and of the last that was written, beside the configuration. */
const STATE = '.ecluse-config.json'
const state = z.object({ imported: z.int().min(0).default(0), exported: z.int().min(0).default(0) })

export interface ExportOptions extends CommonOptions {
  readonly out: string
}

/** `ecluse config export [PATH] --out FILE`: the files as they were written, secrets as references, signed with this node's key. */
export async function configExport(verb: Verb, path: string | undefined, { out }: ExportOptions): Promise<Exit> {
  const words = verb.words.configBundle
  const loaded = await load(verb, path)
  const place = resolve(configPath(verb, path))
  const isDirectory = (await stat(place)).isDirectory()
  const base = isDirectory ? place : dirname(place)
  const signer = await openSigningKey(identityDirectory(loaded.config.data), loaded.config.link?.passphrase)
  const known = await readState(base)
  const counter = Math.max(known.imported, known.exported) + 1
  const files = loaded.sources.map(({ path: file, text }) => ({ path: relative(base, file).split(sep).join('/'), text }))
  const entry = isDirectory ? '.' : relative(base, place)
  const text = told(verb, () => writeBundle({ site: loaded.config.site.id, counter, entry, files }, signer))
  await writeFile(out, text, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    throw new Refused(error.code === 'EEXIST' ? words.isThere(out) : String(error.message))
  })
  await replaceFile(join(base, STATE), `${JSON.stringify({ ...known, exported: counter })}\n`)
  verb.io.out(`${words.exported(out, files.length, counter, signer.key)}\n`)
  return EXIT.ok
}

export interface ImportOptions extends CommonOptions {
  readonly key: string
  readonly to?: string
  readonly apply?: boolean
}

/** `ecluse config import FILE --key FILE`: says what would change; does it with `--apply`. Refuses what the key did not sign, what is older, and what lint refuses. */
export async function configImport(verb: Verb, file: string, { key, to, apply }: ImportOptions): Promise<Exit> {
  const { io, words } = verb
  const directory = resolve(to ?? dirname(configPath(verb, undefined)))
  // One that was cut off comes first: its counter counts.
  await finishReplacing(directory)
  const known = await readState(directory)
  const verifier = await readVerifier(verb, key)
  const bytes = await readLimited(verb, file)
  const bundle = told(verb, () => readBundle(bytes, verifier, known.imported))
  const changes = await compareFiles(directory, bundle).catch((error: unknown) => told(verb, () => Promise.reject(error) as never, error))
  const exit = await lintStaged(verb, bundle)
  if (exit !== EXIT.ok) return exit
  for (const { path, change } of changes) io.out(`${words.configBundle[change]}  ${path}\n`)
  if (!apply) {
    io.out(`${words.configBundle.dry}\n`)
    return EXIT.ok
  }
  await mkdir(directory, { recursive: true })
  await layDown(directory, bundle, changes, [{ path: STATE, text: `${JSON.stringify({ ...known, imported: bundle.counter })}\n` }])
  io.out(`${words.configBundle.applied(bundle.counter)}\n`)
  return EXIT.ok
}

/** What a running node would refuse is refused here, in a folder of its own, before a file of the configuration is touched. */
async function lintStaged(verb: Verb, bundle: Bundle): Promise<Exit> {
  const folder = await mkdtemp(join(tmpdir(), 'ecluse-import-'))
  try {
    await layDown(
      folder,
      bundle,
      bundle.files.map(({ path }) => ({ path, change: 'added' })),
    )
    const { ok, problems } = await lintFiles(join(folder, bundle.entry), {
      connectors: await verb.connectors(),
      env: verb.io.env,
      language: verb.language,
    })
    if (!ok) verb.io.err(`${formatProblems(problems, verb.words.hint)}\n`)
    return ok ? EXIT.ok : EXIT.config
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs it, or says of a refusal what it means; `error`: one that was thrown already. */
function told<T>(verb: Verb, work: () => T, error?: unknown): T {
  const words = verb.words.configBundle
  const explain = (thrown: unknown) =>
    thrown instanceof BundleRefused ? new Refused(...words.problems[thrown.problem](thrown.subject)) : thrown
  if (error !== undefined) throw explain(error)
  try {
    return work()
  } catch (thrown) {
    throw explain(thrown)
  }
}

async function readVerifier(verb: Verb, file: string): Promise<Verifier> {
  try {
    return verifierOf((await readLimited(verb, file)).toString())
  } catch {
    // Whatever it is, it is not the PEM of a public key.
    throw new Refused(verb.words.configBundle.noKey(file))
  }
}

async function readLimited(verb: Verb, file: string): Promise<Buffer> {
  const size = await stat(file).then(
    (found) => (found.isFile() ? found.size : Number.POSITIVE_INFINITY),
    () => Number.POSITIVE_INFINITY,
  )
  if (size > BUNDLE_LIMITS.bytes) throw new Refused(verb.words.configBundle.unreadable(file))
  return readFile(file)
}

async function readState(directory: string): Promise<z.output<typeof state>> {
  const text = await readFile(join(directory, STATE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  return state.parse(JSON.parse(text))
}
