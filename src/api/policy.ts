import { z } from 'zod'
import type { PolicyDecision } from '../core/policy.ts'
import { formatTime } from '../core/time.ts'
import { API_LIMITS } from './limits.ts'
import { policy, policyChange, policyExplanation, policyRights } from './policy-schemas.ts'
import { Refusal } from './problem.ts'
import type { Resources, Server } from './route.ts'

const word = z.string().min(1).max(API_LIMITS.globLength)

/** Zones, conduits with their business case, what passed them, and what the policy says of anything. */
export function policyRoutes(server: Server, { view, access }: Resources): void {
  server.get(
    '/api/v1/policy',
    {
      config: { permission: 'read', scope: 'node' },
      schema: {
        summary: 'Zones, conduits, the crossings of this node with what passed them, and the policy tests',
        response: { 200: policy },
      },
    },
    async () => {
      const { declared, stateOf, crossings, tests } = view.policy
      return {
        zones: [...declared.zones],
        conduits: declared.conduits.map(({ isCut: _, ...one }) => {
          const { place, state } = stateOf(one.name)
          return { ...one, place, state } as z.input<typeof policy>['conduits'][number]
        }),
        crossings: crossings().map(({ decision, conduit, peers, counts, from, to, ...one }) => ({
          ...{ ...one, ...decided(decision), ...ends(from, to) },
          ...(conduit !== undefined && { conduit }),
          ...(peers && { peers: [...peers] }),
          ...(counts && {
            counts: { ...passed(counts), byConduit: counts.byConduit.map((by) => ({ conduit: by.conduit, ...passed(by) })) },
          }),
        })),
        tests: tests().map(({ name, findings, says, ...one }) => ({
          ...{ ...one, says: says as z.input<typeof policy>['tests'][number]['says'] },
          ...(name !== undefined && { name }),
          findings: [...findings],
        })),
      }
    },
  )
  server.get(
    '/api/v1/policy/rights',
    {
      config: { permission: 'audit', scope: 'node' },
      schema: { summary: 'What each role may over each zone', response: { 200: policyRights } },
    },
    async () => ({ rights: view.policy.rights().map(({ may, ...one }) => ({ ...one, may: [...may] })) }),
  )
  server.get(
    '/api/v1/policy/explain',
    {
      config: { permission: 'audit', scope: 'node' },
      schema: {
        summary: 'Whether SUBJECT may do ACTION (`send`, or a permission) with OBJECT, and the line that decides',
        querystring: z.object({ subject: word, action: word, object: word }),
        response: { 200: policyExplanation },
      },
    },
    async ({ query }) => {
      const answers = view.policy.explain(query.subject, query.action, query.object)
      return {
        answers: answers.map((answer) => {
          if (answer.about === 'nothing') throw new Refusal(404, `unknown-${answer.unknown}`, answer.name, answer.known, answer.near)
          const { path } = answer
          if (answer.about === 'role') {
            const { zone, ...role } = answer
            return { ...role, path: [...path], ...(zone !== undefined && { zone }) }
          }
          const { about, part, name, from, to, transport, direction, place } = answer
          return { about, part, name, transport, direction, place, ...ends(from, to), ...decided(answer) }
        }),
      }
    },
  )
  server.post(
    '/api/v1/policy/simulate',
    {
      config: { permission: 'audit', scope: 'every' },
      bodyLimit: API_LIMITS.simulatedBytes,
      schema: {
        summary: 'Who and what would gain and lose under another file; changes nothing',
        body: z.object({ file: z.string().min(1).describe('the text of an ecluse.yaml') }),
        response: { 200: policyChange },
      },
    },
    async ({ body }) => {
      const people = new Map(access.accounts.all().map(({ name, roles }) => [name, roles] as const))
      const change = view.policy.simulate(body.file, people)
      if (!change) throw new Refusal(422, 'unreadable-configuration')
      const cut = <T>({ gained, lost }: { readonly gained: readonly T[]; readonly lost: readonly T[] }) => ({
        ...{ gained: gained.slice(0, API_LIMITS.policyChanges), lost: lost.slice(0, API_LIMITS.policyChanges) },
        ...{ gainedCount: gained.length, lostCount: lost.length },
      })
      const { unasked, problems } = change
      const most = API_LIMITS.policyChanges
      const ways = change.ways.slice(0, most).map(({ part, name, before, after }) => ({
        ...{ part, name, ...(before && { before }), ...(after && { after }) },
      }))
      return {
        rights: cut(change.rights),
        carried: cut(change.carried),
        conduits: change.conduits.slice(0, most),
        ways,
        unasked,
        problems: problems.slice(0, most),
      }
    },
  )
}

function decided({ permitted, reason, conduit, path, until }: PolicyDecision) {
  return {
    ...{ permitted, reason, path: [...path] },
    ...(conduit !== undefined && { conduit }),
    ...(until !== undefined && { until: formatTime(until) }),
  }
}

const passed = ({ passed, refused }: { readonly passed: number; readonly refused: Readonly<Record<string, number>> }) => ({
  ...{ passed, refused: { ...refused } },
})

const ends = (from: string | undefined, to: string | undefined) => ({
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
})
