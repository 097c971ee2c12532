import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { QueryRefused } from '../core/historian.ts'
import type { Logger } from '../core/log.ts'
import type { Problem } from './schemas.ts'

/** An answer that is not the one asked for: status, stable code, what happened, what to do. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly status: number
  readonly code: string
  readonly hint: string | undefined
  constructor(status: number, code: string, message: string, hint?: string) {
    super(message)
    this.status = status
    this.code = code
    this.hint = hint
  }
}

/** Turns whatever was thrown into the one shape of every error answer; what we did not expect is logged and says nothing of the inside. */
export function problemHandler(log: Logger) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, ...body } = problemOf(error)
    if (status >= 500) log.error({ error: error.stack, route: request.routeOptions.url }, 'a request failed')
    void reply.code(status).send(body satisfies Problem)
  }
}

/** The shape of an error answer for whatever was thrown. */
export function problemOf(error: FastifyError | Error): Problem & { status: number } {
  if (error instanceof Refusal) {
    return { status: error.status, code: error.code, message: error.message, ...(error.hint && { hint: error.hint }) }
  }
  if (error instanceof QueryRefused) return { status: 400, code: 'query-refused', message: error.message }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const message = error.validation.map((issue) => `${issue.instancePath.slice(1) || 'request'}: ${issue.message}`).join('; ')
    return { status: 400, code: 'invalid-request', message, hint: 'GET /api/v1/openapi.json describes every parameter' }
  }
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  if (status >= 500) return { status, code: 'internal', message: 'the request failed for a reason of our own; the log says which' }
  return { status, code: 'code' in error && typeof error.code === 'string' ? error.code.toLowerCase() : 'refused', message: error.message }
}
