import { connect } from 'node:net'
import { type CheckStep, failedStep, type PeerIdentity, type SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import { statusName } from '../../core/status.ts'
import type { OpcuaConfig } from './config.ts'
import { within } from './library.ts'
import { beginAttempt, checkTrust, describeEndpoints, discover, type Line, openLine, selectEndpoint } from './line.ts'
import { asNotConnected, refusalReason } from './problems.ts'
import { resolveTargets } from './targets.ts'
import { leafCertificate, readPin, toIdentity } from './trust.ts'

type Found = Pick<CheckStep, 'detail' | 'hint'>

/** Reaches the server step by step; the first failure ends the list. */
export async function* checkOpcua(config: OpcuaConfig, context: SourceContext, stop: AbortSignal): AsyncIterable<CheckStep> {
  const { clock } = context
  let failed = false
  const run = async (step: string, act: () => Promise<Found>): Promise<CheckStep> => {
    const started = clock.monotonicMs()
    try {
      const found = await act()
      return { step, ok: true, ...found, latencyMs: clock.monotonicMs() - started }
    } catch (error) {
      failed = true
      const problem = asNotConnected(error, config, stop)
      const latencyMs = clock.monotonicMs() - started
      return problem instanceof NotConnected
        ? { ...failedStep(step, problem), latencyMs }
        : { step, ok: false, detail: problem.message, latencyMs }
    }
  }
  yield await run('tcp', () => reachPort(config, stop))
  if (failed) return
  const attempt = await beginAttempt(config, context, stop)
  let endpoints: Awaited<ReturnType<typeof discover>> = []
  yield await run('endpoints', async () => {
    endpoints = await discover(attempt)
    return { detail: `offers ${describeEndpoints(attempt.opcua, endpoints).join(', ')}` }
  })
  if (failed) return
  yield await run('security', async () => {
    selectEndpoint(attempt, endpoints)
    const { mode, policy } = config.security
    return mode === 'none' ? { detail: 'none: anybody on the way can read and change values' } : { detail: `${mode} ${policy}` }
  })
  if (failed) return
  const endpoint = selectEndpoint(attempt, endpoints)
  yield await run('certificate', async () => {
    await checkTrust(attempt, endpoint)
    if (config.security.mode === 'none') return { detail: 'not looked at' }
    const { subject, validTo } = toIdentity(leafCertificate(endpoint.serverCertificate), undefined)
    return { detail: `${subject}, trusted, valid to ${validTo}` }
  })
  if (failed) return
  let line: Line | undefined
  yield await run('session', async () => {
    line = await openLine(attempt, endpoint)
    return { detail: config.user === 'anonymous' ? 'anonymous' : 'name' in config.user ? `user ${config.user.name}` : 'user certificate' }
  })
  try {
    if (!line) return
    const { session } = line
    yield await run('first read', () => firstRead(attempt, session))
  } finally {
    await line?.close()
  }
}

async function reachPort(config: OpcuaConfig, stop: AbortSignal): Promise<Found> {
  const url = new URL(config.endpoint.replace('opc.tcp:', 'http:'))
  const port = Number(url.port || 4840)
  const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port })
  try {
    const opened = new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    await within(opened, stop, config.requestTimeout, 'connecting')
    return { detail: `${url.hostname}:${port} answers` }
  } finally {
    socket.destroy()
  }
}

async function firstRead(attempt: Parameters<typeof openLine>[0], session: Line['session']): Promise<Found> {
  const { items, problems } = await resolveTargets(attempt, session)
  // What the file asks for and the server cannot give; a Bad reading is the device's own affair.
  const wrong = [...problems]
  const readings: string[] = []
  const readable = items.filter((item) => item.nodeId && !item.refused)
  const values = await session.read(readable.map((item) => ({ nodeId: item.nodeId ?? null, attributeId: 13 })))
  values.forEach(({ statusCode }, i) => {
    if (statusCode.isGood()) return
    const list = refusalReason(statusCode.value) === 'node-refused' ? readings : wrong
    list.push(`${readable[i]?.address}: ${statusName(statusCode.value)}`)
  })
  const good = values.filter((value) => value.statusCode.isGood()).length
  const detail = sentence(`${good} of ${items.length} signals read Good`, [...wrong, ...readings])
  if (wrong.length > 0 || good === 0)
    throw new NotConnected(detail, {
      hint: 'compare the addresses with `ecluse browse`',
      fault: fault('signals-bad', { good, count: items.length, detail: named([...wrong, ...readings]).join(' ; ') }),
    })
  return { detail }
}

/** Things named in one line. */
const NAMED = 5

function sentence(detail: string, problems: readonly string[]): string {
  return [detail, ...named(problems)].join('; ')
}

function named(problems: readonly string[]): string[] {
  return [...problems.slice(0, NAMED), ...(problems.length > NAMED ? [`+${problems.length - NAMED}`] : [])]
}

/** The certificate the server shows, whether trusted or not. */
export async function identityOpcua(config: OpcuaConfig, context: SourceContext, stop: AbortSignal): Promise<PeerIdentity> {
  if (config.security.mode === 'none') {
    throw new NotConnected(`${context.connection} has security.mode none: there is no certificate to trust`, {
      hint: 'set security.mode to sign-and-encrypt',
      fault: fault('no-certificate-wanted', { connection: context.connection }),
    })
  }
  const attempt = await beginAttempt(config, context, stop)
  const endpoint = selectEndpoint(attempt, await discover(attempt))
  return toIdentity(leafCertificate(endpoint.serverCertificate), await readPin(context.directory))
}
