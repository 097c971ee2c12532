import { z } from 'zod'
import type { ClosedPeriod, EvidencePeriod, EvidenceView, VerifyState } from '../core/evidence.ts'
import { formatTime } from '../core/time.ts'
import { evidence, inclusionProof, verifyState } from './evidence-schemas.ts'
import { Refusal } from './problem.ts'
import type { Resources, Server } from './route.ts'

const proofQuery = z.object({
  node: z.string().min(1).max(128),
  epoch: z.coerce.number(),
  sequence: z.coerce.number().int().min(1),
})

/** What this node can prove of what it keeps. */
export function evidenceRoutes(server: Server, { view }: Resources): void {
  const signing = (): EvidenceView => {
    if (view.evidence) return view.evidence
    throw new Refusal(404, 'not-signed')
  }
  server.get(
    '/api/v1/evidence',
    {
      config: { permission: 'audit', scope: 'node' },
      schema: { summary: 'Signatures, hourly roots and the audit log’s head', response: { 200: evidence } },
    },
    async () => {
      const { key, publicKey, head, problem, streams, leafBytes } = signing()
      const signed = head()
      const { forwards, signedTime, problem: trouble, ...audit } = view.audit.view()
      const why = problem()
      return {
        ...{ node: view.node, key, publicKey, leafBytes: leafBytes() },
        ...(signed && { head: { ...signed, signedTime: formatTime(signed.signedTime) } }),
        ...(why !== undefined && { problem: why }),
        streams: streams().map(({ node, epoch, open, recent }) => ({
          ...{ node, epoch, recent: recent.map(toClosed) },
          ...(open && { open: toPeriod(open) }),
        })),
        audit: {
          ...audit,
          ...(signedTime !== undefined && { signedTime: formatTime(signedTime) }),
          ...(trouble !== undefined && { problem: trouble }),
          forwards: forwards.map(({ problem, ...one }) => ({ ...one, ...(problem !== undefined && { problem }) })),
        },
      }
    },
  )
  server.post(
    '/api/v1/evidence/verification',
    {
      config: { permission: 'audit', scope: 'node' },
      schema: { summary: 'Check everything kept here against its signatures, unless that is going on', response: { 202: verifyState } },
    },
    async (_request, reply) => reply.code(202).send(toState(signing().verify())),
  )
  server.post(
    '/api/v1/evidence/signature',
    {
      config: { permission: 'audit', scope: 'node' },
      schema: { summary: 'Sign what is there now, instead of within a minute', response: { 200: z.object({ done: z.literal(true) }) } },
    },
    async () => {
      await signing().sign()
      return { done: true as const }
    },
  )
  server.get(
    '/api/v1/evidence/verification',
    {
      config: { permission: 'audit', scope: 'node' },
      schema: {
        summary: 'How far the check is, or what it came to; nothing where none was begun since the start',
        response: { 200: verifyState, 204: z.undefined() },
      },
    },
    async (_request, reply) => {
      const state = signing().verification()
      return state ? toState(state) : reply.code(204).send()
    },
  )
  server.get(
    '/api/v1/evidence/proof',
    {
      config: { permission: 'audit', scope: 'node' },
      schema: { summary: 'That a record was in a signed hour', querystring: proofQuery, response: { 200: inclusionProof } },
    },
    async ({ query }) => {
      const proof = await signing().prove(query.node, query.epoch, query.sequence)
      if (!proof) throw new Refusal(404, 'no-proof')
      return {
        ...toPeriod(proof),
        hash: proof.hash,
        index: proof.index,
        records: proof.records,
        path: [...proof.path],
        isOpen: proof.isOpen,
      }
    },
  )
}

const toPeriod = ({ hour, from, to, root }: EvidencePeriod) => ({ hour: formatTime(hour), from, to, root })

const toClosed = ({ stated, ...period }: ClosedPeriod) => ({
  ...toPeriod(period),
  ...(stated !== undefined && { statedRoot: stated, isDifferent: stated !== period.root }),
})

const toState = ({ startedTime, finishedTime, ...state }: VerifyState) => ({
  ...state,
  startedTime: formatTime(startedTime),
  ...(finishedTime !== undefined && { finishedTime: formatTime(finishedTime) }),
})
