import fastifyCookie from '@fastify/cookie'
import fastifySwagger from '@fastify/swagger'
import fastify from 'fastify'
import { jsonSchemaTransform, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Logger } from '../core/log.ts'
import type { NodeView } from '../core/node-view.ts'
import { Access } from './access.ts'
import { aggregateRoutes } from './aggregate.ts'
import { auditRoutes } from './audit.ts'
import { configurationRoutes } from './configurations.ts'
import { contractRoutes } from './contracts.ts'
import { discoverRoutes } from './discover.ts'
import { evidenceRoutes } from './evidence.ts'
import { factRoutes } from './facts.ts'
import { guard, limitPerAddress } from './guard.ts'
import { healthRoutes } from './health.ts'
import { ledgerRoutes } from './ledger.ts'
import { API_LIMITS } from './limits.ts'
import { lineageEventRoutes, lineagePlaceRoutes, lineageRoutes } from './lineage.ts'
import { liveRoutes } from './live.ts'
import { metricRoutes } from './metrics.ts'
import { nodeRoutes } from './nodes.ts'
import { passportRoutes } from './passport.ts'
import { planRoutes } from './plan.ts'
import { problemHandler, Refusal } from './problem.ts'
import { qualityRoutes } from './quality.ts'
import { queryRoutes } from './query.ts'
import { recordRoutes } from './records.ts'
import type { Server } from './route.ts'
import { sampleRoutes } from './samples.ts'
import { sessionRoutes } from './session.ts'
import { signalRoutes } from './signals.ts'
import { trendRoutes } from './trend.ts'
import { webRoutes } from './web.ts'
import { whyRoutes } from './why.ts'

export interface ApiOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Holds the accounts and the local token. */
  readonly directory: string
  /** The built pages. */
  readonly webDirectory: string
  readonly log: Logger
  /** Sees every route as it is declared; for the test that lists them. */
  readonly onRoute?: (route: { method: string; url: string; permission: string | undefined }) => void
}

export interface RunningApi {
  readonly url: string
  /** For making the first account; undefined when there is one. */
  readonly signInLink: string | undefined
  close(): Promise<void>
}

/** Serves a node over HTTP. Rejects with EADDRINUSE when the port is taken. */
export async function startApi(view: NodeView, options: ApiOptions): Promise<RunningApi> {
  const { host, port, directory, webDirectory, log, onRoute } = options
  const access = await Access.open(directory, view.clock)
  const server = createServer()
  server.setErrorHandler(problemHandler(log))
  server.setNotFoundHandler(() => {
    throw new Refusal(404, 'not-found', 'there is nothing at this address', 'GET /api/v1/openapi.json lists what there is')
  })
  server.addHook('onRoute', ({ method, url, config }) => {
    for (const one of [method].flat()) onRoute?.({ method: one, url, permission: config?.permission })
  })
  limitPerAddress(server)
  await server.register(fastifyCookie)
  guard(server, access, host, view.audit)
  await server.register(fastifySwagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Écluse', version: view.version, license: { name: 'Apache-2.0' } } },
    transform: jsonSchemaTransform,
  })
  const resources = { view, access }
  const all = [
    healthRoutes,
    signalRoutes,
    sampleRoutes,
    trendRoutes,
    aggregateRoutes,
    queryRoutes,
    qualityRoutes,
    whyRoutes,
    passportRoutes,
    contractRoutes,
    recordRoutes,
    factRoutes,
    discoverRoutes,
    nodeRoutes,
    ledgerRoutes,
    auditRoutes,
    evidenceRoutes,
    lineageRoutes,
    lineagePlaceRoutes,
    lineageEventRoutes,
    configurationRoutes,
    planRoutes,
    sessionRoutes,
    metricRoutes,
  ]
  for (const routes of all) {
    routes(server, resources)
  }
  const live = liveRoutes(server, resources)
  server.get('/api/v1/openapi.json', { config: { permission: 'read' }, schema: { summary: 'This description' } }, async () =>
    server.swagger(),
  )
  await webRoutes(server, webDirectory)
  const close = async () => {
    live.close()
    server.server.closeAllConnections()
    await server.close()
    await access.close()
  }
  try {
    const url = await server.listen({ host, port })
    const token = access.makeLink()
    return { url, signInLink: token && `${url}/#/welcome?token=${token}`, close }
  } catch (error) {
    await close()
    throw error
  }
}

function createServer(): Server {
  const server = fastify({
    logger: false,
    // A HEAD route beside each GET would open live streams that nobody reads.
    exposeHeadRoutes: false,
    bodyLimit: API_LIMITS.bodyBytes,
    routerOptions: { maxParamLength: 256 },
    requestTimeout: API_LIMITS.requestMs,
    keepAliveTimeout: API_LIMITS.keepAliveMs,
    http: {
      headersTimeout: API_LIMITS.headersMs,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: API_LIMITS.headerBytes,
    },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
  }).withTypeProvider<ZodTypeProvider>()
  server.server.maxConnections = API_LIMITS.connections
  server.setValidatorCompiler(validatorCompiler)
  // Answers are typed by their schemas when they are written; checking 10,000 samples again for each request would cost more than making them.
  server.setSerializerCompiler(() => (data) => JSON.stringify(data))
  return server
}
