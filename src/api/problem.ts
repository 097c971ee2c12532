import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify'
import { type $ZodIssue, type $ZodType, safeParse } from 'zod/v4/core'
import { QueryRefused } from '../core/historian.ts'
import type { Logger } from '../core/log.ts'
import {
  codeOf,
  languageOf,
  type ProblemKey,
  type ProblemLanguage,
  type ProblemWords,
  problemWords,
  sayIssues,
  type Told,
} from './problem-words/index.ts'
import type { Problem } from './schemas.ts'

/** An answer that is not the one asked for: status, stable code, and the values that its words need (`problem-words/`). */
export class Refusal<K extends ProblemKey = ProblemKey> extends Error {
  override name = 'Refusal'
  readonly status: number
  readonly code: string
  readonly hint: string | undefined
  /** The message and the hint in a language. */
  readonly told: (language: ProblemLanguage) => Told
  constructor(status: number, key: K, ...values: Parameters<ProblemWords[K]>) {
    const [message, hint] = problemWords('en', key, values)
    super(message)
    this.status = status
    this.code = codeOf(key)
    this.hint = hint
    this.told = (language) => problemWords(language, key, values)
  }
}

/** A request that its schema refuses; the issues with what was given, so that they can be said in any language. */
export class InvalidRequest extends Error {
  override name = 'InvalidRequest'
  readonly statusCode = 400
  readonly issues: readonly $ZodIssue[]
  constructor(issues: readonly $ZodIssue[]) {
    super('invalid request')
    this.issues = issues
  }
}

/** Like the type provider's, with the value that was given kept in each issue, which the words for it name. */
export const validatorCompiler: FastifySchemaCompiler<$ZodType> =
  ({ schema }) =>
  (data) => {
    const { success, data: value, error } = safeParse(schema, data, { reportInput: true })
    return success ? { value } : { error: new InvalidRequest(error.issues) }
  }

/** Turns whatever was thrown into the one shape of every error answer; what we did not expect is logged and says nothing of the inside. */
export function problemHandler(log: Logger) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const language = languageOf(request.headers['accept-language'])
    const { status, ...body } = problemOf(error, language)
    // What we refuse ourselves (busy, closing) is no defect: a stranger who asks often must not fill the log.
    if (status >= 500 && !(error instanceof Refusal && error.cause === undefined))
      log.error({ error: error.stack, cause: String(error.cause ?? ''), route: request.routeOptions.url }, 'a request failed')
    void reply
      .code(status)
      .headers({ 'content-language': language, vary: 'accept-language' })
      .send(body satisfies Problem)
  }
}

/** The shape of an error answer for whatever was thrown. */
export function problemOf(error: FastifyError | Error, language: ProblemLanguage): Problem & { status: number } {
  if (error instanceof Refusal) {
    const [message, hint] = error.told(language)
    return { status: error.status, code: error.code, message, ...(hint && { hint }) }
  }
  const said = <K extends ProblemKey>(...of: ConstructorParameters<typeof Refusal<K>>) => problemOf(new Refusal<K>(...of), language)
  if (error instanceof QueryRefused) return said(400, 'query-refused', error.message)
  if (error instanceof InvalidRequest) return said(400, 'invalid-request', sayIssues(language, error.issues))
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  if (status >= 500) return said(status, 'internal')
  if (status === 413) return said(status, 'body-too-large')
  return said(status, status === 400 || status === 415 ? 'unreadable-body' : 'refused')
}
