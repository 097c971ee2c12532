import { z } from 'zod'
import { PEOPLE_LIMITS } from '../../core/people-config.ts'
import { EVERY_ZONE, type Permission } from '../../core/roles.ts'
import { DAY, formatTime } from '../../core/time.ts'
import { audited, callerIn } from '../audited.ts'
import { doneAnswer, newToken, type Token, tokenList } from '../people-schemas.ts'
import { Refusal } from '../problem.ts'
import type { Resources, Server } from '../route.ts'
import { type ServiceToken, TOKEN_PERMISSIONS } from './tokens.ts'

const MOST_DAYS = Math.floor(PEOPLE_LIMITS.tokenMs / 86_400_000)

/** Tokens of programs. */
export function tokenRoutes(server: Server, { access, view, callerOf }: Resources): void {
  const { zones } = access.settings.zones
  const toToken = ({ hash: _, createdTime, expiresTime, usedTime, usedFrom, may, zones, ...one }: ServiceToken): Token => ({
    ...{ ...one, may: [...may], zones: [...zones], createdTime: formatTime(createdTime), expiresTime: formatTime(expiresTime) },
    isExpired: expiresTime <= view.clock.now(),
    ...(usedTime !== undefined && { usedTime: formatTime(usedTime) }),
    ...(usedFrom !== undefined && { usedFrom }),
  })

  server.get(
    '/api/v1/tokens',
    {
      config: { permission: 'administer', scope: 'every' },
      schema: { summary: 'Tokens of programs, without their secrets', response: { 200: tokenList } },
    },
    async () => ({ tokens: access.tokens.all().map(toToken) }),
  )
  const body = z.strictObject({
    name: z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u, 'token-name'),
    may: z
      .array(z.enum(TOKEN_PERMISSIONS as [Permission, ...Permission[]]))
      .min(1)
      .max(TOKEN_PERMISSIONS.length),
    zones: z.array(z.string().min(1).max(64)).min(1).max(PEOPLE_LIMITS.grantZones),
    days: z.number().positive().max(MOST_DAYS).default(90).describe(`days it is accepted, at most ${MOST_DAYS}`),
  })
  server.post(
    '/api/v1/tokens',
    {
      config: { permission: 'administer', scope: 'every', fresh: true },
      schema: {
        summary: 'A token for a program: some permissions over some zones, for some days; its secret is told once',
        body,
        response: { 201: newToken },
      },
    },
    async (request, reply) => {
      const { name, may, zones: over, days } = request.body
      const unknown = over.find((zone) => zone !== EVERY_ZONE && !zones.includes(zone))
      if (unknown !== undefined) throw new Refusal(400, 'unknown-zone', unknown, zones)
      const { rights, name: createdBy } = callerOf(request)
      // Nobody gives what they do not have.
      for (const permission of may)
        for (const zone of over)
          if (!(zone === EVERY_ZONE ? rights.everywhere(permission) : rights.may(permission, zone)))
            throw new Refusal(403, 'forbidden/token', permission, zone)
      const expiresTime = view.clock.now() + days * DAY
      const detail = { act: 'create', may: may.join(' '), zones: over.join(' '), until: formatTime(expiresTime) }
      await audited(view.audit, { kind: 'token', outcome: 'done', ...callerIn(request, access), what: name, detail })
      const { secret, token } = await access.tokens.create({ name, may, zones: over, createdBy, expiresTime })
      return reply.code(201).send({ secret, token: toToken(token) })
    },
  )
  server.post(
    '/api/v1/tokens/:id/revocation',
    {
      config: { permission: 'administer', scope: 'every', fresh: true },
      schema: {
        summary: 'A token that is accepted no more',
        params: z.strictObject({ id: z.string().max(64) }),
        response: { 200: doneAnswer },
      },
    },
    async (request) => {
      const { id } = request.params
      const found = access.tokens.all().find((one) => one.id === id || one.name === id)
      if (!found) throw new Refusal(404, 'unknown-token')
      await audited(view.audit, {
        kind: 'token',
        outcome: 'done',
        ...callerIn(request, access),
        what: found.name,
        detail: { act: 'revoke' },
      })
      await access.tokens.revoke(found.id)
      access.changed()
      return { done: true as const }
    },
  )
}
