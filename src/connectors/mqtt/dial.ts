import { readFile } from 'node:fs/promises'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { NotConnected } from '../../core/errors.ts'
import { fault, networkFault } from '../../core/peer-faults.ts'
import type { MqttConfig } from './config.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly encrypted: boolean
}

export function endpointOf(url: string): Endpoint {
  const { protocol, hostname, port } = new URL(url)
  const encrypted = protocol === 'mqtts:'
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (encrypted ? 8883 : 1883), encrypted }
}

/** Opens the socket, encrypted when the url says so. Throws NotConnected with what to do. */
export async function dial(config: MqttConfig, stop: AbortSignal): Promise<Socket> {
  const endpoint = endpointOf(config.url)
  const socket = await ready(connectTcp({ host: endpoint.host, port: endpoint.port, noDelay: true }), 'connect', endpoint, stop)
  return endpoint.encrypted ? secure(socket, config, stop) : socket
}

/** TLS over an open socket. Throws NotConnected when the broker's certificate is not trusted. */
export async function secure(socket: Socket, config: MqttConfig, stop: AbortSignal): Promise<TLSSocket> {
  const endpoint = endpointOf(config.url)
  const { tls } = config
  const ca = tls?.ca === undefined ? undefined : await pem(tls.ca, 'the authorities', 'tls.ca', socket)
  const cert = tls?.certificate === undefined ? undefined : await pem(tls.certificate, 'our certificate', 'tls.certificate', socket)
  const servername = tls?.serverName ?? endpoint.host
  const options = { socket, servername: /^[\d.:]+$/.test(servername) ? '' : servername, minVersion: 'TLSv1.2' as const }
  try {
    return await ready(
      connectTls({ ...options, host: servername, ...(ca && { ca }), ...(cert && { cert }), ...(tls?.key && { key: tls.key }) }),
      'secureConnect',
      endpoint,
      stop,
    )
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Node passes over what is no certificate, and then says only that the broker's is not trusted: so it is looked at here. */
async function pem(path: string, what: string, key: string, socket: Socket): Promise<Buffer> {
  if (path.includes('-----BEGIN')) return Buffer.from(path)
  let content: Buffer
  try {
    content = await readFile(path)
  } catch (error) {
    socket.destroy()
    const { message } = error as Error
    throw new NotConnected(`the file of ${what} cannot be read: ${message}`, {
      ...{ cause: error, hint: `correct ${key}`, fault: fault('file-unreadable', { file: path, detail: message }) },
    })
  }
  if (content.includes('-----BEGIN CERTIFICATE-----')) return content
  socket.destroy()
  throw new NotConnected(`${path} holds no certificate`, {
    ...{ hint: `${key} is a file in PEM: it begins with -----BEGIN CERTIFICATE-----`, fault: fault('no-certificate', { file: path }) },
  })
}

function ready<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', { host, port }: Endpoint, stop: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      stop.removeEventListener('abort', onAbort)
      socket.removeListener('error', onError)
      socket.removeListener('close', onClose)
      socket.removeListener(event, onReady)
    }
    const fail = (error: unknown) => {
      leave()
      socket.on('error', () => {}) // what still comes from a socket that is given up says nothing new
      socket.destroy()
      reject(error)
    }
    const onReady = () => {
      leave()
      resolve(socket)
    }
    const onAbort = () => fail(stop.reason)
    const onClose = () =>
      fail(
        new NotConnected(`${host}:${port} closed the connection`, {
          hint: 'is this an MQTT port, and the right one of mqtt:// and mqtts://?',
          fault: fault('closed', { peer: `${host}:${port}` }),
        }),
      )
    const onError = (error: NodeJS.ErrnoException) =>
      fail(
        new NotConnected(`${host}:${port}: ${error.message || error.code}`, {
          ...{ cause: error, hint: hintOf(error), fault: networkFault(error, `${host}:${port}`) },
        }),
      )
    socket.once(event, onReady)
    socket.once('error', onError)
    socket.once('close', onClose)
    if (stop.aborted) onAbort()
    else stop.addEventListener('abort', onAbort, { once: true })
  })
}

const HINTS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there: is the broker running, and is the port right?',
  ENOTFOUND: 'the name is not known: correct the url',
  EAI_AGAIN: 'the name server does not answer',
  ETIMEDOUT: 'no answer: is a firewall between?',
  EHOSTUNREACH: 'there is no way to this address: is a firewall between?',
  ECONNRESET: 'the broker hung up: is this an MQTT port, and the right one of mqtt:// and mqtts://?',
  SELF_SIGNED_CERT_IN_CHAIN: 'give the file of its authority as tls.ca',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'give the broker certificate itself as tls.ca, after comparing it with the one on the broker',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'give the file of its authority as tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'give the file of its authority as tls.ca',
  CERT_HAS_EXPIRED: "renew the broker's certificate",
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name: correct the url or set tls.serverName',
}

function hintOf(error: NodeJS.ErrnoException): string {
  return HINTS[error.code ?? ''] ?? 'check the url, the network and the broker'
}
