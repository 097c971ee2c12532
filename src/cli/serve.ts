import { X509Certificate } from 'node:crypto'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LoadedConfig } from '../config/index.ts'
import type { Logger } from '../core/log.ts'
import type { NodeView } from '../core/node-view.ts'
import { IdentityError } from '../gateway/identity/errors.ts'
import type { SpoolRefused } from '../gateway/spool/inspect.ts'
import { collectAfterStart } from '../lib/after-start.ts'
import { makeFolder } from '../lib/make-folder.ts'
import type { NotApproved } from '../run/changes/start.ts'
import { RUNNING_FILE } from './client.ts'
import { Refused, type Verb } from './context.ts'
import { claimData, type DataFormat } from './data-format.ts'
import { peopleOf } from './people.ts'
import { fingerprintOf } from './pinned.ts'
import { listenProblem } from './ports.ts'

/** A node with its HTTP surface. */
export interface Served {
  readonly view: NodeView
  readonly url: string
  readonly adminUrl: string | undefined
  readonly signInLink: string | undefined
  /** Resolves when the node must be stopped and served again. */
  readonly restart: Promise<void>
  /** Stops serving, reads nothing more, stores what was read, closes. */
  stop(): Promise<void>
}

export interface ServeOptions {
  readonly host: string
  readonly port: number
  readonly log: Logger
  /** Called as soon as the node runs, before its HTTP surface does. */
  readonly onNode?: (view: NodeView) => void
}

/** Errors by which the stores say that another process has them open. Names: their modules are loaded with the node only. */
const IN_USE: ReadonlySet<string> = new Set(['HistorianInUse', 'SpoolLocked'])

const isSpoolRefused = (error: unknown): error is SpoolRefused => error instanceof Error && error.name === 'SpoolRefused'

/** Makes the data directory and claims it. Throws Refused where that cannot be; returns which newer version wrote it. */
async function prepareData({ words, home }: Verb, directory: string): Promise<DataFormat | undefined> {
  try {
    await makeFolder(directory)
    return await claimData(directory, home.version)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw new Refused(words.node.startFailed(message), words.node.startFailedHint)
    throw new Refused(words.doctor.notWritable(directory, code), words.doctor.notWritableHint)
  }
}

/** Starts the node, then its HTTP surface; when the second fails the first is stopped again. */
export async function serve(verb: Verb, loaded: LoadedConfig, { host, port, log, onNode }: ServeOptions): Promise<Served> {
  const [{ selfTest }, { startNode }, { transportOf }, { startApi }] = await Promise.all([
    import('../run/self-test.ts'),
    import('../run/node.ts'),
    import('../run/transport.ts'),
    import('../api/index.ts'),
  ])
  const { clock, home, words } = verb
  const directory = loaded.config.data
  // Found out before the stores are opened; whoever takes the port in between is found out below.
  const taken = () => new PortTaken(words.node.portTaken(host, port), words.node.portTakenHint)
  const problem = await listenProblem(host, port)
  if (problem === 'EADDRINUSE') throw taken()
  if (problem) throw new Refused(words.node.cannotListen(host, port, problem), words.node.cannotListenHint)
  // What is written is for this user alone, unless a part says otherwise.
  process.umask(0o077)
  const newer = await prepareData(verb, directory)
  if (newer) throw new Refused(words.node.dataNewer(directory, newer.version), words.node.dataNewerHint(home.version))
  const tested = await selfTest({ now: clock.now(), env: verb.io.env, userId: process.getuid?.(), directory })
  for (const { check, detail } of tested.filter(({ result }) => result === 'warn')) log.warn({ check }, detail ?? check)
  const failed = tested.filter(({ result }) => result === 'fail')
  if (failed.length > 0) {
    const what = failed.map(({ check, detail }) => `${check}: ${detail}`).join('; ')
    throw new Refused(words.node.selfTestFailed(what), words.node.selfTestFailedHint)
  }
  const start = async () => {
    const transport = await transportOf(loaded, { clock, log })
    return startNode(loaded, {
      clock,
      log,
      random: Math.random,
      version: home.version,
      diskFree,
      selfTest: tested,
      ...(transport && { transport }),
    })
  }
  const node = await start().catch((error: unknown) => {
    if (error instanceof IdentityError) throw new Refused(...words.identity.problems[error.code](error.subject))
    if (error instanceof Error && IN_USE.has(error.name)) throw new Refused(words.node.dataInUse(directory), words.node.dataInUseHint)
    if (isSpoolRefused(error)) throw new Refused(...words.spool.broken[error.code](error.place, error.owner))
    if (error instanceof Error && error.name === 'NotApproved')
      throw new Refused(words.apply.notApproved((error as NotApproved).digest, (error as NotApproved).missing), words.apply.notApprovedHint)
    throw new Refused(words.node.startFailed(error instanceof Error ? error.message : String(error)), words.node.startFailedHint)
  })
  onNode?.(node.view)
  const { tls, proxies } = loaded.config.http
  const transport = { proxies, ...(tls && { tls }) }
  const people = peopleOf(loaded)
  const { admin, requestsPerSecond } = loaded.config.http
  const api = await startApi(node.view, {
    host,
    port,
    directory,
    webDirectory: home.web,
    log,
    people,
    transport,
    requestsPerSecond,
    ...(admin && { admin }),
  }).catch(async (error: unknown) => {
    await node.stop()
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') throw taken()
    throw error
  })
  const callOff = collectAfterStart()
  const running = join(directory, RUNNING_FILE)
  await writeFile(
    running,
    `${JSON.stringify({ url: api.url, process: process.pid, ...(tls && { sha256: fingerprintOf(new X509Certificate(tls.certificate).raw) }) })}\n`,
    { mode: 0o600 },
  )
  return {
    view: node.view,
    url: api.url,
    adminUrl: api.adminUrl,
    signInLink: api.signInLink,
    restart: node.restart,
    stop: async () => {
      callOff()
      await rm(running, { force: true })
      await api.close()
      await node.stop()
    },
  }
}

async function diskFree(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}

export class PortTaken extends Refused {
  override name = 'PortTaken'
}

/** Resolves when `stop` is aborted. */
export function aborted(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve()
    else stop.addEventListener('abort', () => resolve(), { once: true })
  })
}
