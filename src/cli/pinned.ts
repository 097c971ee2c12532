import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { https } from '../lib/http.ts'

export interface PinnedRequest {
  readonly method?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
}

/** SHA-256 of a certificate, hexadecimal. */
export const fingerprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex')

/**
 * As `fetch`, to the node of this machine over TLS: whatever name its certificate bears, it must be the very one that the node left word of in its data folder.
 * Nothing is sent before that is known.
 */
export function pinnedFetch(url: string, sha256: string, { method = 'GET', headers, body, signal }: PinnedRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    const asked = https.request(
      url,
      { method, headers, signal, agent: false, minVersion: 'TLSv1.3', rejectUnauthorized: false },
      (answer) => {
        const status = answer.statusCode ?? 500
        const fields = Object.entries(answer.headers).flatMap(([name, value]) =>
          [value ?? []].flat().map((one) => [name, one] as [string, string]),
        )
        resolve(new Response(Readable.toWeb(answer) as ReadableStream, { status, headers: fields }))
      },
    )
    asked.on('error', reject)
    asked.on('socket', (socket) => {
      socket.once('secureConnect', () => {
        if (fingerprintOf((socket as TLSSocket).getPeerCertificate().raw) === sha256) asked.end(body)
        else asked.destroy(new Error('the certificate is not that of the node that runs here'))
      })
    })
  })
}
