import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problem } from './schemas.ts'

type Transform = NonNullable<FastifyDynamicSwaggerOptions['transform']>
const SIGNED_IN: readonly Record<string, readonly string[]>[] = [{ token: [] }, { session: [] }]
const { $schema: _, ...problemSchema } = z.toJSONSchema(problem)

/** The surface as OpenAPI 3.1, from the routes' own schemas: with what every route may refuse, and how a caller says who it is. */
export function description(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Écluse', version, license: { name: 'Apache-2.0' } },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'A token of a program or a person: `ecluse token`' },
          session: { type: 'apiKey', in: 'cookie', name: 'ecluse-session-PORT', description: 'What the pages have after sign-in' },
        },
      },
    },
    transform: ((given: Parameters<Transform>[0]) => {
      const { schema, url } = jsonSchemaTransform(given as never) as ReturnType<Transform>
      const { response, ...rest } = (schema ?? {}) as { response?: Record<string, unknown> }
      const { config } = given.route as { config?: { permission?: string } }
      const refused = { description: '`code` is stable; `message` and `hint` are in the language of Accept-Language', ...problemSchema }
      return {
        url,
        schema: {
          ...rest,
          response: { ...(response ?? { 200: { description: 'The answer' } }), '4xx': refused, '5xx': refused },
          security: config?.permission === 'public' ? [] : SIGNED_IN,
        },
      }
    }) as Transform,
  }
}
