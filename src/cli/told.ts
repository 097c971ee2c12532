import { userInfo } from 'node:os'
import { z } from 'zod'
import type { LoadedConfig } from '../config/index.ts'
import type { AuditEvent } from '../core/audit.ts'
import { silent } from '../core/log.ts'
import { openAudit, openSigner } from '../run/evidence/start.ts'
import { connectClient, runningUrl } from './client.ts'
import { Refused, type Verb } from './context.ts'

type Told = Pick<AuditEvent, 'kind' | 'what' | 'detail'>

/** Who works at this command line, as the system calls them. */
export const userName = (): string => userInfo().username

/**
 * Leaves word in the node's audit log of what a command is about to do: through the node where it runs, else in the file itself. Throws Refused when neither
 * takes it: then the command does nothing.
 */
export async function told(verb: Verb, loaded: LoadedConfig, config: string | undefined, event: Told): Promise<void> {
  const { data, node, audit } = loaded.config
  const user = userName()
  const url = runningUrl(data)
  try {
    if (url !== undefined && (await isTakenByNode(verb, config, { ...event, user }))) return
    const deps = { clock: verb.clock, log: silent, random: Math.random, version: verb.home.version }
    const trail = await openAudit({ data, node: node.id, keepMs: audit.keep }, await openSigner(loaded), deps)
    try {
      await trail.record({ ...event, outcome: 'done', who: `local/${user}` })
    } finally {
      await trail.close()
    }
  } catch (error) {
    throw new Refused(
      verb.words.evidence.notRecorded(error instanceof Error ? error.message : String(error)),
      verb.words.evidence.notRecordedHint,
    )
  }
}

/** False when no node answers, whatever the file it left behind says. */
async function isTakenByNode(verb: Verb, config: string | undefined, body: object): Promise<boolean> {
  const client = await connectClient(verb, { ...(config !== undefined && { config }) })
  return client.post('/api/v1/audit', body, z.object({ done: z.literal(true) })).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Refused && error.message === verb.words.client.refused(client.url)) return false
      throw error
    },
  )
}
