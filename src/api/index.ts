import fastifyCookie from '@fastify/cookie'
import fastifySwagger from '@fastify/swagger'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Logger } from '../core/log.ts'
import type { NodeView } from '../core/node-view.ts'
import { ADMINISTRATOR, administrator } from '../core/roles.ts'
import { aggregateRoutes } from './aggregate.ts'
import { auditRoutes } from './audit.ts'
import { changeRoutes } from './changes.ts'
import { configurationRoutes } from './configurations.ts'
import { contractRoutes } from './contracts.ts'
import { description } from './description.ts'
import { discoverRoutes } from './discover.ts'
import { evidenceRoutes } from './evidence.ts'
import { factRoutes } from './facts.ts'
import { flowRoutes, hearTouches } from './flows.ts'
import { guard, HEADERS, limitPerAddress } from './guard.ts'
import { healthRoutes } from './health.ts'
import { ledgerRoutes } from './ledger.ts'
import { API_LIMITS } from './limits.ts'
import { lineageEventRoutes, lineagePlaceRoutes, lineageRoutes } from './lineage.ts'
import { liveRoutes } from './live.ts'
import { metricRoutes } from './metrics.ts'
import { nodeRoutes } from './nodes.ts'
import { passportRoutes } from './passport.ts'
import { Access, type Caller, type PeopleSettings } from './people/access.ts'
import { oidcRoutes } from './people/oidc-routes.ts'
import { passkeyRoutes } from './people/passkey-routes.ts'
import { profileRoutes } from './people/profile-routes.ts'
import { Rate } from './people/rate.ts'
import { openReserved, type Reserved } from './people/reserved.ts'
import { scopedView } from './people/scoped-view.ts'
import { sessionRoutes } from './people/session-routes.ts'
import { SignIn } from './people/sign-in.ts'
import { tokenRoutes } from './people/token-routes.ts'
import { userRoutes } from './people/user-routes.ts'
import { planRoutes } from './plan.ts'
import { policyRoutes } from './policy.ts'
import { problemHandler, Refusal, validatorCompiler } from './problem.ts'
import { qualityRoutes } from './quality.ts'
import { queryRoutes } from './query.ts'
import { recordRoutes } from './records.ts'
import type { Resources, Server } from './route.ts'
import { sampleRoutes } from './samples.ts'
import { signalRoutes } from './signals.ts'
import { type HttpTransport, hardenAnswers, transportOptions } from './transport.ts'
import { trendRoutes } from './trend.ts'
import { webRoutes } from './web.ts'
import { whyRoutes } from './why.ts'
import { writeRoutes } from './writes.ts'

export interface ApiOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Holds the accounts and the local token. */
  readonly directory: string
  /** The built pages. */
  readonly webDirectory: string
  readonly log: Logger
  /** Requests per second from one address, and of one identity; absent: as many as come. */
  readonly requestsPerSecond?: number
  /** A second listener, for who administers only. */
  readonly admin?: { readonly host: string; readonly port: number }
  /** Roles, zones, sessions; absent: one zone, and the administrator alone. */
  readonly people?: PeopleSettings
  /** Absent: plain HTTP, and no proxy is believed. */
  readonly transport?: HttpTransport
  /** Sees every route as it is declared; for the test that lists them. */
  readonly onRoute?: (route: { method: string; url: string; permission: string | undefined; scope: string | undefined }) => void
}

export interface RunningApi {
  readonly url: string
  /** Of the reserved listener. */
  readonly adminUrl: string | undefined
  /** For making the first account; undefined when there is one. */
  readonly signInLink: string | undefined
  close(): Promise<void>
}

/** Serves a node over HTTP. Rejects with EADDRINUSE when the port is taken. */
export async function startApi(view: NodeView, options: ApiOptions): Promise<RunningApi> {
  const { host, port, directory, webDirectory, log, onRoute, people = plainPeople } = options
  const access = await Access.open(directory, view.clock, people)
  const answerProblem = problemHandler(log)
  const server = createServer(options.transport ?? {}, (request, reply) => answerProblem(new Refusal(404, 'not-found'), request, reply))
  server.setErrorHandler(answerProblem)
  server.setNotFoundHandler(() => {
    throw new Refusal(404, 'not-found')
  })
  server.addHook('onRoute', ({ method, url, config }) => {
    for (const one of [method].flat()) onRoute?.({ method: one, url, permission: config?.permission, scope: config?.scope })
  })
  limitPerAddress(server, options.transport?.proxies)
  let reserved: Reserved | undefined
  const isReserved = ({ socket }: FastifyRequest) => reserved !== undefined && socket.localPort === reserved.port
  const rate = options.requestsPerSecond === undefined ? undefined : new Rate(view.clock, options.requestsPerSecond)
  await server.register(fastifyCookie)
  // After it: its cookies are written when an answer goes out.
  hardenAnswers(server)
  const names = [...(options.admin ? [options.admin.host] : []), host, ...(people.url === undefined ? [] : [new URL(people.url).hostname])]
  guard(server, access, { names, audit: view.audit, policy: view.policy, isReserved, ...(rate && { rate }) })
  await server.register(fastifySwagger, description(view.version))
  const resources: Resources = {
    ...{ view, access, signIn: new SignIn(access, view.clock, view.site.id) },
    // Loaded where a provider is declared.
    oidc: people.oidc && new (await import('./people/oidc.ts')).Oidc(people.oidc, view.clock),
    callerOf: (request) => access.callerOf(request, false) ?? stranger(),
    viewOf: (request) => scopedView(view, resources.callerOf(request).rights, people.zones),
    isReserved,
    rate,
    linkOf: (path) => `${publicUrl}${path}`,
  }
  let publicUrl = ''
  hearTouches(server, resources)
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
    flowRoutes,
    auditRoutes,
    evidenceRoutes,
    policyRoutes,
    lineageRoutes,
    lineagePlaceRoutes,
    lineageEventRoutes,
    configurationRoutes,
    planRoutes,
    changeRoutes,
    sessionRoutes,
    oidcRoutes,
    profileRoutes,
    passkeyRoutes,
    userRoutes,
    tokenRoutes,
    metricRoutes,
    writeRoutes,
  ]
  for (const routes of all) {
    routes(server, resources)
  }
  const live = liveRoutes(server, resources)
  server.get('/api/v1/openapi.json', { config: { permission: 'read', scope: 'any' }, schema: { summary: 'This description' } }, async () =>
    server.swagger(),
  )
  await webRoutes(server, webDirectory)
  const close = async () => {
    live.close()
    server.server.closeAllConnections()
    await reserved?.close()
    await server.close()
    await access.close()
  }
  try {
    const url = await server.listen({ host, port })
    reserved = options.admin && (await openReserved(server, options.admin))
    publicUrl = people.url?.replace(/\/+$/, '') ?? url
    const token = access.makeLink()
    return { url, adminUrl: reserved?.url, signInLink: token && `${url}/#/welcome?token=${token}`, close }
  } catch (error) {
    await close()
    throw error
  }
}

const plainPeople: PeopleSettings = {
  ...{ roles: new Map([[ADMINISTRATOR, administrator]]), mfa: 'optional' },
  zones: { zones: [], own: undefined, ofConnection: () => undefined },
  sessions: { idle: 8 * 3_600_000, longest: 24 * 3_600_000, perAccount: 20 },
}

/** The session ended between the guard and the answer. */
function stranger(): Caller {
  throw new Refusal(401, 'not-signed-in')
}

/** `nowhere` answers what is no address at all, which passes no hook. */
function createServer(transport: HttpTransport, nowhere: (request: FastifyRequest, reply: FastifyReply) => void): Server {
  const { https, trustProxy } = transportOptions(transport)
  const limits = {
    headersTimeout: API_LIMITS.headersMs,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: API_LIMITS.headerBytes,
  }
  const server = fastify({
    logger: false,
    // A HEAD route beside each GET would open live streams that nobody reads.
    exposeHeadRoutes: false,
    bodyLimit: API_LIMITS.bodyBytes,
    routerOptions: { maxParamLength: 256 },
    requestTimeout: API_LIMITS.requestMs,
    keepAliveTimeout: API_LIMITS.keepAliveMs,
    trustProxy,
    ...(https ? { https: { ...https, ...limits, handshakeTimeout: API_LIMITS.headersMs } as unknown as null } : { http: limits }),
    frameworkErrors: (_, request, reply) =>
      nowhere(request, reply.headers({ ...HEADERS, 'x-frame-options': 'DENY', 'cache-control': 'no-store' })),
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    // Given here, or the framework loads a hundred files for compilers of its own.
    schemaController: {
      compilersFactory: {
        // Its type knows only the schemas of that framework's own compiler.
        buildValidator: () => validatorCompiler as never,
        // Answers are typed by their schemas when they are written; checking 10,000 samples again for each request would cost more than making them.
        buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
      },
    },
  }).withTypeProvider<ZodTypeProvider>()
  server.server.maxConnections = API_LIMITS.connections
  return server
}
