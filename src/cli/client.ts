import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { problem } from '../api/schemas.ts'
import type { LoadedConfig } from '../config/index.ts'
import { ConfigurationError } from '../core/errors.ts'
import { configPath, loadLoosely } from './configuration.ts'
import { Refused, type Verb } from './context.ts'
import { pinnedFetch } from './pinned.ts'

/** What `run` and `demo` leave in the data directory while they run, so that other commands find them. */
export const RUNNING_FILE = 'running.json'
/** The token the API accepts from the account that runs the node; only that account can read the file. */
export const TOKEN_FILE = 'local-token'

/** Where a node listens that was not told otherwise. */
const DEFAULT_URL = 'http://127.0.0.1:8480'
const REQUEST_TIMEOUT_MS = 15_000
/** An answer larger than this is not one of ours. */
const ANSWER_BYTES = 64 * 1024 * 1024

export interface ClientOptions {
  readonly url?: string
  readonly config?: string
  /** Read already, perhaps with errors: where the node is can be told from it. */
  readonly understood?: LoadedConfig
}

/** A running node's HTTP surface. */
export interface Client {
  readonly url: string
  get<Shape extends z.ZodType>(path: string, query: Record<string, string>, shape: Shape): Promise<z.output<Shape>>
  post<Shape extends z.ZodType>(path: string, body: object, shape: Shape): Promise<z.output<Shape>>
  remove<Shape extends z.ZodType>(path: string, shape: Shape): Promise<z.output<Shape>>
  /** The response of a stream; the caller reads its body. */
  open(path: string, query: Record<string, string>, stop: AbortSignal): Promise<Response>
}

/** Finds the node: `--url`, else the one that runs on the configuration's data, else the address in the configuration. */
export async function connectClient(verb: Verb, options: ClientOptions): Promise<Client> {
  const { loaded, problems } = options.understood ? { loaded: options.understood, problems: [] } : await loadLoosely(verb, options.config)
  const path = configPath(verb, options.config)
  const data = loaded ? loaded.config.data : dataBeside(path)
  const runs = data === undefined ? undefined : runningUrl(data)
  const nothingHere = options.config === undefined && problems.length === 1 && problems[0]?.code === 'E_FILE'
  if (!loaded && !options.url && !nothingHere) {
    if (runs === undefined) throw new ConfigurationError(problems)
    verb.io.err(`${verb.words.client.brokenFile(path)}\n`)
  }
  const http = loaded?.config.http
  const configured = runs ?? (http && `${http.tls ? 'https' : 'http'}://${urlHost(http.host)}:${http.port}`)
  const url = trimmed(verb, options.url ?? configured ?? DEFAULT_URL)
  const own = configured !== undefined && new URL(configured).host === new URL(url).host
  const tokenFile = data && join(data, TOKEN_FILE)
  const token = own && tokenFile ? readText(tokenFile)?.trim() : undefined
  // The node of this machine is known by its certificate, whatever name that bears.
  const pinned = own && data && url.startsWith('https:') ? running(data).sha256 : undefined
  if (token) showNotice(verb, loaded)
  const headers: Record<string, string> = { 'accept-language': verb.language, ...(token && { authorization: `Bearer ${token}` }) }

  const request = async (path: string, query: Record<string, string>, signal: AbortSignal, body?: object | 'DELETE'): Promise<Response> => {
    const sent = body === 'DELETE' ? { method: body } : body && { method: 'POST', body: JSON.stringify(body) }
    const all = { ...headers, ...(typeof body === 'object' && { 'content-type': 'application/json' }) }
    const address = `${url}${path}?${new URLSearchParams(query)}`
    const asked = pinned
      ? pinnedFetch(address, pinned, { ...sent, headers: all, signal })
      : fetch(address, { ...sent, headers: all, signal, redirect: 'error' })
    const response = await asked.catch((error: unknown) => {
      throw signal.aborted ? error : new Refused(verb.words.client.refused(url), verb.words.client.refusedHint)
    })
    if (!response.ok) throw await refusal(verb, response, url, tokenFile ?? TOKEN_FILE, own)
    return response
  }
  const answer = async <Shape extends z.ZodType>(path: string, query: Record<string, string>, shape: Shape, body?: object | 'DELETE') => {
    const response = await request(path, query, AbortSignal.any([AbortSignal.timeout(REQUEST_TIMEOUT_MS), verb.io.stopSignal()]), body)
    const parsed = shape.safeParse(await json(verb, response, url))
    if (!parsed.success) throw new Refused(verb.words.client.badAnswer(url), verb.words.client.badAnswerHint)
    return parsed.data
  }
  return {
    url,
    get: (path, query, shape) => answer(path, query, shape),
    post: (path, body, shape) => answer(path, {}, shape, body),
    remove: (path, shape) => answer(path, {}, shape, 'DELETE'),
    open: request,
  }
}

/** What is shown before a browser signs in is shown to who works at a terminal, too; a program that runs commands has read it before. */
function showNotice({ io, language }: Verb, loaded: LoadedConfig | undefined): void {
  const notice = loaded?.config.people.notice
  const text = notice && (notice[language] ?? notice[language === 'fr' ? 'en' : 'fr'])
  if (text !== undefined && io.interactive) io.err(`${text.trim()}\n\n`)
}

async function json(verb: Verb, response: Response, url: string): Promise<unknown> {
  try {
    if (Number(response.headers.get('content-length') ?? 0) > ANSWER_BYTES) throw new RangeError('too large')
    return await response.json()
  } catch {
    // Whatever it is, it is not the JSON of a node: the address is the thing to look at.
    throw new Refused(verb.words.client.badAnswer(url), verb.words.client.badAnswerHint)
  }
}

async function refusal(verb: Verb, response: Response, url: string, tokenFile: string, own: boolean): Promise<Refused> {
  const words = verb.words.client
  const unauthorised = response.status === 401 || response.status === 403
  if (unauthorised) return new Refused(words.unauthorised, own ? words.unauthorisedHint(tokenFile) : words.noToken)
  const told = problem.safeParse(await response.json().catch(() => undefined))
  return told.success ? new Refused(told.data.message, told.data.hint) : new Refused(words.badAnswer(url), words.badAnswerHint)
}

function trimmed(verb: Verb, url: string): string {
  const whole = /^https?:\/\//i.test(url) ? url : `http://${url}`
  if (!URL.canParse(whole)) throw new Refused(verb.words.usage.invalid(url))
  return whole.replace(/\/+$/, '')
}

/** A wildcard address is where the node listens, not where it can be reached. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1'
  if (host === '::' || host === '[::]') return '[::1]'
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

/** Where the node on this data says it answers; undefined when none runs. */
export function runningUrl(data: string): string | undefined {
  const { url } = running(data)
  return typeof url === 'string' && URL.canParse(url) ? url : undefined
}

/** Where the data is by a file that has errors elsewhere: people ask the running node while they edit. Undefined where no node left word. */
function dataBeside(path: string): string | undefined {
  const data = dataOf(path)
  return runningUrl(data) === undefined ? undefined : data
}

/** Where the data is by what a file says of it, whatever else it says. */
export function dataOf(path: string): string {
  const text = readText(path)
  const folder = text === undefined ? path : dirname(path)
  const named = /^data:[ \t]*["']?([^"'#\n]+?)["']?[ \t]*(?:#.*)?$/m.exec(text ?? '')?.[1]
  return resolve(folder, named ?? 'data')
}

/** What a running node left word of: where it answers, and the fingerprint of its certificate. */
function running(data: string): { readonly url?: string; readonly sha256?: string } {
  try {
    const found: unknown = JSON.parse(readText(join(data, RUNNING_FILE)) ?? '{}')
    return RUNNING.parse(found)
  } catch {
    // A half-written or foreign file: the configured address is as good a guess.
    return {}
  }
}

const RUNNING = z.object({ url: z.string().optional(), sha256: z.string().optional() })

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not there, or not ours to read: the node will say whether it needs the token.
    return undefined
  }
}
