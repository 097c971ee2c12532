import { rm, stat } from 'node:fs/promises'
import { basename, dirname, join, posix, relative, resolve, sep } from 'node:path'
import { changeList, proposedAnswer } from '../api/change-schemas.ts'
import { configurationList } from '../api/lineage-schemas.ts'
import { digestOf, formatProblems, type LoadedConfig } from '../config/index.ts'
import { missingApprovals } from '../continuity/index.ts'
import type { ChangeRule } from '../core/changes.ts'
import { ConfigurationError } from '../core/errors.ts'
import { replaceFiles } from '../lib/replace-files.ts'
import { openChangeStore } from '../run/changes/store.ts'
import { openSigner } from '../run/evidence/start.ts'
import { connectClient, runningUrl } from './client.ts'
import { configPath, loadLoosely } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { writeResult } from './output.ts'
import { lintHere } from './plan.ts'
import { told, userName } from './told.ts'

export interface ApplyOptions extends CommonOptions {
  readonly config?: string
  readonly reason: string
}

/** `ecluse apply PATH --reason TEXT`: proposes a configuration, and puts its files in the place of those in force once it has the approvals that are asked for. */
export async function apply(verb: Verb, path: string, options: ApplyOptions): Promise<Exit> {
  const after = await lintHere(verb, path)
  if (!after.loaded) throw new ConfigurationError(after.problems)
  return putInForce(verb, after.loaded, options, 'applied')
}

/** A file by its name from the folder of the configuration; the one that is the whole configuration is `isEntry`. */
interface Placed {
  readonly name: string
  readonly text: string
  readonly isEntry: boolean
}

function placedFiles(verb: Verb, { sources }: Pick<LoadedConfig, 'sources'>): Placed[] {
  const own = sources.filter(({ isContract }) => !isContract)
  const folder = dirname(own[0]?.path ?? '.')
  return sources.map(({ path, text, isContract }) => {
    const name = relative(folder, path).split(sep).join('/')
    if (name.startsWith('../') || resolve(name) === name) throw new Refused(verb.words.apply.outside(name), verb.words.apply.outsideHint)
    return { name, text, isEntry: own.length === 1 && !isContract }
  })
}

/** Asks for the approvals, then lays the files down; nothing is touched while one is missing. */
export async function putInForce(verb: Verb, next: LoadedConfig, options: ApplyOptions, step: 'applied' | 'rolled back'): Promise<Exit> {
  const { io } = verb
  const words = verb.words.apply
  const { config, reason } = options
  const { loaded: inForce } = await loadLoosely(verb, config)
  const files = placedFiles(verb, next)
  const digest = digestOf(next)
  const answer = { digest, version: next.version }
  const { missing, by, approvedBy } = await approvalsOf(verb, { next, digest, files, inForce }, options)
  if (missing > 0) {
    writeResult(io, options.output, { ...answer, missing, by, isInPlace: false }, () => words.waits(digest, missing, by.join(', ')))
    return EXIT.failed
  }
  const detail = { step, reason, ...(inForce && { before: inForce.version }), after: next.version, ...(approvedBy && { approvedBy }) }
  await told(verb, inForce ?? next, config, { kind: 'approval', what: digest, detail })
  await layInPlace(verb, files, config, inForce)
  const laid = await lintHere(verb, configPath(verb, config))
  if (!laid.loaded || digestOf(laid.loaded) !== digest)
    throw new Refused(words.notAsApproved, formatProblems(laid.problems.slice(0, 1), verb.words.hint))
  writeResult(io, options.output, { ...answer, missing: 0, by, isInPlace: true }, () => words.inPlace(digest, configPath(verb, config)))
  return EXIT.ok
}

interface Next {
  readonly next: LoadedConfig
  readonly digest: string
  readonly files: readonly Placed[]
  readonly inForce: LoadedConfig | undefined
}
interface Standing extends Pick<ChangeRule, 'by'> {
  readonly missing: number
  readonly approvedBy: string
}

/** As the running node counts; where none runs, by the file in force and the changes that it keeps. */
async function approvalsOf(verb: Verb, { next, digest, files, inForce }: Next, { config, reason }: ApplyOptions): Promise<Standing> {
  const words = verb.words.apply
  const { data } = (inForce ?? next).config
  if (runningUrl(data) === undefined) {
    const { by, ...rest } = (inForce ?? next).config.governance.changes
    const rule = inForce ? { ...rest, by } : { ...rest, by, approvals: 0 }
    const store = await openChangeStore(data, await openSigner(inForce ?? next))
    const change = store.list().find((one) => one.digest === digest)
    const missing = missingApprovals(change, rule)
    if (missing > 0) throw new Refused(words.needsNode(digest, missing), words.needsNodeHint)
    return { missing, by, approvedBy: change?.approvals.map(({ who }) => who).join(', ') ?? '' }
  }
  const client = await connectClient(verb, { ...(config !== undefined && { config }), understood: inForce ?? next })
  const { running, configurations } = await client.get('/api/v1/configurations', {}, configurationList)
  const kept = configurations.find(({ version }) => version === running)
  if (!kept) throw new Refused(verb.words.plan.notKept, verb.words.plan.notKeptHint)
  const isFile = kept.files.includes(kept.entry)
  const folder = isFile ? posix.dirname(kept.entry) : kept.entry
  const sent = files.map(({ name, text, isEntry }) => ({ name: isFile && isEntry ? kept.entry : posix.join(folder, name), text }))
  const body = { files: sent, whole: true, language: verb.language, reason, user: userName() }
  const { change, problems } = await client.post('/api/v1/changes', body, proposedAnswer)
  if (!change) throw new Refused(words.refusedByNode(problems[0]?.message ?? ''), problems[0]?.hint)
  if (change.digest !== digest) throw new Refused(words.otherDigest(digest, change.digest), words.outsideHint)
  const { rule } = await client.get('/api/v1/changes', {}, changeList)
  return { missing: change.missing, by: rule.by, approvedBy: change.approvals.map(({ who }) => who).join(', ') }
}

/** Puts the files where the configuration in force is, all or none; what it had besides is taken away, since it would be read with them. */
async function layInPlace(
  verb: Verb,
  files: readonly Placed[],
  config: string | undefined,
  inForce: LoadedConfig | undefined,
): Promise<void> {
  const place = resolve(configPath(verb, config))
  const isFolder = await stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder && !files.some(({ isEntry }) => isEntry)) throw new Refused(verb.words.apply.otherForm(place))
  const base = isFolder ? place : dirname(place)
  const laid = files.map(({ name, text, isEntry }) => ({ path: isEntry && !isFolder ? basename(place) : name, text }))
  await replaceFiles(base, laid)
  const kept = new Set(laid.map(({ path }) => join(base, path)))
  const before = isFolder ? (inForce?.sources ?? []).filter(({ isContract }) => !isContract) : []
  for (const { path } of before) if (!kept.has(path)) await rm(path, { force: true })
}
