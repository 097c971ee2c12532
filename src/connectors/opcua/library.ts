import { Status } from '../../core/status.ts'

/**
 * The client's part of node-opcua, from the packages it is made of: without server and address space it takes 14 MB less. Types only: it takes
 * about half a second to load and is loaded where it is used.
 */
export type Opcua = typeof import('node-opcua-client') &
  Pick<typeof import('node-opcua-common'), 'InMemoryCertificateKeyPairProvider' | 'InMemoryCertificateStore'> &
  Pick<typeof import('node-opcua-transport'), 'ClientTCP_transport'>

/** Loads it once per process (Node keeps modules) and takes it off the console: what goes wrong is said by us, with a hint. */
export async function loadOpcua(): Promise<Opcua> {
  const [client, { InMemoryCertificateKeyPairProvider, InMemoryCertificateStore }, { ClientTCP_transport }] = await Promise.all([
    import('node-opcua-client'),
    import('node-opcua-common'),
    import('node-opcua-transport'),
  ])
  client.setWarningLogger(quiet)
  client.setErrorLogger(quiet)
  return { ...client, InMemoryCertificateKeyPairProvider, InMemoryCertificateStore, ClientTCP_transport }
}

function quiet(): void {}

/** The status code a server's answer carried, when the error is one. */
export function statusOf(error: unknown): number | undefined {
  const fault = error as {
    response?: { responseHeader?: { serviceResult?: { value?: unknown } } }
    statusCode?: { value?: unknown }
    message?: unknown
  } | null
  const code = fault?.response?.responseHeader?.serviceResult?.value ?? fault?.statusCode?.value
  if (typeof code === 'number') return code >>> 0
  const named = /\b(Bad[A-Z]\w+)\b/.exec(String(fault?.message ?? ''))?.[1]
  return named !== undefined && Object.hasOwn(Status, named) ? Status[named as keyof typeof Status] : undefined
}

/**
 * Settles with the promise; rejects with the abort's reason when `stop` is aborted, or after `ms`. A promise that lost is left to
 * settle unheard, so that a silent peer never holds us.
 */
export function within<T>(promise: Promise<T>, stop: AbortSignal, ms: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer)
      stop.removeEventListener('abort', onAbort)
    }
    const onAbort = () => {
      done()
      reject(stop.reason)
    }
    const timer = setTimeout(() => {
      done()
      reject(new Error(`${what}: no answer within ${ms} ms`))
    }, ms)
    promise.then(
      (value) => {
        done()
        resolve(value)
      },
      (error: unknown) => {
        done()
        reject(error)
      },
    )
    if (stop.aborted) onAbort()
    else stop.addEventListener('abort', onAbort, { once: true })
  })
}
