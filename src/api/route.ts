import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { NodeView } from '../core/node-view.ts'
import type { Permission } from '../core/roles.ts'
import type { Access, Caller } from './people/access.ts'
import type { Oidc } from './people/oidc.ts'
import type { SignIn } from './people/sign-in.ts'

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
  /** The node as it is: for what is the same for everybody (clock, audit log), and where the declared scope is more than `any`. */
  readonly view: NodeView
  /** The node as the caller of a request may see it. */
  viewOf(request: FastifyRequest): NodeView
  /** Who calls; only where the route's permission is not `public`. */
  callerOf(request: FastifyRequest): Caller
  readonly access: Access
  readonly signIn: SignIn
  /** Absent: no provider is declared. */
  readonly oidc: Oidc | undefined
  /** A path of the pages as a whole address, for links that people are given. */
  linkOf(path: string): string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; a route without one is refused to everybody. `public` is for the few that serve strangers, `self` for what everybody with an account may do with it. */
    permission?: Permission | 'public' | 'self'
    /**
     * Over what the permission is needed. `any`: at least one zone, and the answer is limited to those (`viewOf`); `node`: the zone of this node;
     * `every`: all zones, which holds for a route that does not say.
     */
    scope?: 'any' | 'node' | 'every'
    /** Only for who has just said who they are (`API_LIMITS.freshMs`). */
    fresh?: boolean
    /** Open to who is signed in and has still to set up a second factor. */
    whileEnrolling?: boolean
  }
}
