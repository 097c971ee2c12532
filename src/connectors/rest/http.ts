import type { IncomingMessage } from 'node:http'
import type { Agent as TlsAgent } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { tlsOptions } from '../../core/client-tls.ts'
import { NotConnected } from '../../core/errors.ts'
import type { OnExchange } from '../../core/flows.ts'
import { fault, networkFault } from '../../core/peer-faults.ts'
import type { Clock } from '../../core/time.ts'
import { http, https } from '../../lib/http.ts'
import { networkHint, networkReason } from '../../lib/network-hints.ts'
import type { RestConfig } from './config.ts'
import { REST_LIMITS } from './limits.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** After redirections. */
  readonly url: URL
  readonly latencyMs: number
}

interface Asking {
  readonly headers: Readonly<Record<string, string>>
  /** A form to POST; absent: GET. */
  readonly form?: string
  readonly maxBytes: number
}

export type HttpOptions = Pick<RestConfig, 'tls' | 'timeout'> & { readonly clock: Clock; readonly onExchange?: OnExchange | undefined }

function identityOf(socket: Socket): { identity?: string } {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
  return certificate ? { identity: certificate.fingerprint256 } : {}
}

/** What is asked, for messages: without its parameters, which may hold what is not for logs. */
export function shown({ origin, pathname }: URL): string {
  return `${origin}${pathname}`
}

/** Requests to one system, each bounded in bytes, time and redirections; none leaves its host. */
export class HttpClient {
  readonly #options: HttpOptions
  readonly #plain = new http.Agent({ keepAlive: true, maxSockets: 2 })
  readonly #tls: TlsAgent
  readonly #closed = new AbortController()
  /** Bytes of kept connections that were told already. */
  readonly #told = new WeakMap<Socket, { read: number; written: number }>()

  constructor(options: HttpOptions) {
    this.#options = options
    this.#tls = new https.Agent({ keepAlive: true, maxSockets: 2, ...tlsOptions(options.tls) })
  }

  /** One answer, whatever its status. Throws NotConnected. */
  async ask(url: URL, asking: Asking, stop: AbortSignal): Promise<Answer> {
    const { clock, timeout } = this.#options
    const from = clock.monotonicMs()
    const late = new AbortController()
    const done = new AbortController()
    const slow = { fault: fault('no-answer-within', { peer: shown(url), seconds: timeout / 1000 }) }
    void clock
      .sleep(timeout, done.signal)
      .then(() => late.abort(new NotConnected(`${shown(url)} took more than ${timeout} ms to answer`, slow)))
    const signal = AbortSignal.any([stop, late.signal, this.#closed.signal])
    try {
      let at = url
      for (let redirects = 0; ; redirects++) {
        const answer = await this.#once(at, asking, signal)
        const next = redirection(at, answer, asking)
        if (!next) return { ...answer, url: at, latencyMs: Math.round(clock.monotonicMs() - from) }
        if (redirects === REST_LIMITS.redirects)
          throw new NotConnected(`${shown(url)} redirects more than ${REST_LIMITS.redirects} times`, {
            fault: fault('pages-endless', { peer: shown(url) }),
          })
        at = next
      }
    } finally {
      done.abort()
    }
  }

  close(): void {
    this.#closed.abort(new NotConnected('the connection was closed'))
    this.#plain.destroy()
    this.#tls.destroy()
  }

  async #once(url: URL, asking: Asking, signal: AbortSignal): Promise<Omit<Answer, 'url' | 'latencyMs'>> {
    signal.throwIfAborted()
    try {
      const answer = await this.#send(url, asking, signal)
      const { statusCode: status = 0, headers, socket } = answer
      const before = this.#told.get(socket) ?? { read: 0, written: 0 }
      const body = await readBody(answer, asking.maxBytes, url)
      this.#told.set(socket, { read: socket.bytesRead, written: socket.bytesWritten })
      this.#options.onExchange?.({
        ...{ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80) },
        ...{ service: asking.form === undefined ? 'GET' : 'POST', ...identityOf(socket) },
        ...{ sentBytes: socket.bytesWritten - before.written, receivedBytes: socket.bytesRead - before.read },
        ...(status >= 400 && { exception: String(status) }),
      })
      return { status, headers, body }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof NotConnected) throw error
      throw asNotConnected(error, url)
    }
  }

  #send(url: URL, { headers, form }: Asking, signal: AbortSignal): Promise<IncomingMessage> {
    const isTls = url.protocol === 'https:'
    return new Promise((resolve, reject) => {
      const sent = (isTls ? https.request : http.request)(
        url,
        {
          method: form === undefined ? 'GET' : 'POST',
          agent: isTls ? this.#tls : this.#plain,
          maxHeaderSize: REST_LIMITS.headerBytes,
          signal,
          headers: {
            accept: 'application/json',
            'accept-encoding': 'identity',
            'user-agent': 'ecluse',
            ...headers,
            ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(form) }),
          },
        },
        resolve,
      )
      sent.on('error', reject)
      sent.end(form)
    })
  }
}

/** Where an answer sends us, if it does. A form is never sent on. */
function redirection(from: URL, { status, headers }: Pick<Answer, 'status' | 'headers'>, { form }: Asking): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  const hint = 'write the address it really has into the configuration'
  if (headers.location === undefined || form !== undefined || !URL.canParse(headers.location, from.href))
    throw new NotConnected(`${shown(from)} answers ${status} and does not say where to go`, {
      ...{ hint, fault: fault('http-status', { peer: shown(from), status }) },
    })
  const to = new URL(headers.location, from)
  if (to.origin !== from.origin)
    throw new NotConnected(`${shown(from)} redirects to another host, ${to.origin}: refused`, {
      ...{ hint, fault: fault('redirected', { peer: shown(from), to: to.origin }) },
    })
  return to
}

async function readBody(answer: IncomingMessage, maxBytes: number, url: URL): Promise<Buffer> {
  const tooLarge = () => {
    answer.destroy()
    return new NotConnected(`${shown(url)} answers with more than ${maxBytes} bytes`, {
      hint: 'ask for smaller pages, or raise maxBody',
      fault: fault('too-large', { peer: shown(url), bytes: maxBytes }),
    })
  }
  const encoding = answer.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    answer.destroy()
    throw new NotConnected(`${shown(url)} answers compressed although we did not ask for it`, {
      ...{ hint: 'switch compression off there', fault: fault('answer-unusable', { peer: shown(url), detail: encoding }) },
    })
  }
  if (Number(answer.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function asNotConnected(error: unknown, url: URL): NotConnected {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'HPE_HEADER_OVERFLOW')
    return new NotConnected(`${shown(url)} answers with more than ${REST_LIMITS.headerBytes} bytes of header`, {
      ...{ cause: error, fault: fault('too-large', { peer: shown(url), bytes: REST_LIMITS.headerBytes }) },
    })
  if (code.startsWith('HPE_'))
    return new NotConnected(`${shown(url)} does not answer in HTTP`, {
      ...{ cause: error, hint: 'is the port right?', fault: fault('not-this-protocol', { peer: shown(url), detail: code }) },
    })
  return new NotConnected(`${url.origin}: ${networkReason(error)}`, {
    ...{ cause: error, hint: networkHint(error, 'server'), fault: networkFault(error, url.origin) },
  })
}
