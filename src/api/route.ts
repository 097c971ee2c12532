import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { NodeView } from '../core/node-view.ts'
import type { Access } from './access.ts'
import type { Permission } from './permissions.ts'

/** The server as the resources see it: requests and answers typed by their zod schemas. */
export type Server = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** What every resource may use. */
export interface Resources {
  readonly view: NodeView
  readonly access: Access
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; a route without one is refused to everybody. `public` is for the few that serve strangers. */
    permission?: Permission | 'public'
  }
}
