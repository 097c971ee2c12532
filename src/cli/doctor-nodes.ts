import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { nodeList } from '../api/schemas.ts'
import type { LoadedConfig } from '../config/index.ts'
import { connectClient, runningUrl } from './client.ts'
import { Refused, type Verb } from './context.ts'
import type { Finding } from './doctor.ts'
import { sayFinding } from './node-lines.ts'
import { bytes } from './output.ts'

/** What the node's role asks of this machine, and what a running node says of its link, its spool and the others. */
export async function nodeChecks(verb: Verb, { config }: LoadedConfig, path: string | undefined): Promise<Finding[]> {
  const words = verb.words.nodes
  const role: Finding = { check: words.check, result: 'ok', detail: words.roles[config.node.role] }
  return [role, await spoolRoom(verb, config), ...(await running(verb, config.data, path))]
}

/** The spool's declared size is a promise of how long the node works alone: the disk has to keep it. */
async function spoolRoom({ words }: Verb, { data, spool }: LoadedConfig['config']): Promise<Finding> {
  const { nodes } = words
  const room = (await freeOf(data)) + (await sizeOf(join(data, 'spool')))
  const most = bytes(spool.maxBytes)
  if (room >= spool.maxBytes) return { check: nodes.spool, result: 'ok', detail: nodes.spoolFits(most) }
  return { check: nodes.spool, result: 'warn', detail: nodes.spoolTooLarge(most, bytes(room)), hint: nodes.spoolHint }
}

/** Bytes free for `path`, or for the nearest folder above it that exists. */
async function freeOf(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch {
    const above = join(path, '..')
    return above === path ? 0 : freeOf(above)
  }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Nothing where no node runs on this configuration. */
async function running(verb: Verb, data: string, path: string | undefined): Promise<Finding[]> {
  const words = verb.words.nodes
  const url = runningUrl(data)
  if (url === undefined) return []
  try {
    const client = await connectClient(verb, path === undefined ? {} : { config: path })
    const { findings } = await client.get('/api/v1/nodes', {}, nodeList)
    if (findings.length === 0) return [{ check: words.nodes, result: 'ok', detail: words.fine }]
    return findings.map((finding) => {
      const [detail, hint] = sayFinding(verb, finding)
      return { check: words.nodes, result: finding.severity === 'error' ? 'fail' : 'warn', detail, ...(hint && { hint }) }
    })
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    if (!(error instanceof Refused || isLate)) throw error
    return [{ check: words.nodes, result: 'warn', detail: isLate ? words.notAnswering(url) : error.message, hint: words.notAnsweringHint }]
  }
}
