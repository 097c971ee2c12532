import type { Variant } from 'node-opcua'
import type { BrowseEntry, SourceContext } from '../../core/connector.ts'
import { statusName } from '../../core/status.ts'
import type { OpcuaConfig } from './config.ts'
import { compileGlob } from './globs.ts'
import { kindsOf } from './kinds.ts'
import type { Opcua } from './library.ts'
import { beginAttempt, checkTrust, discover, openLine, selectEndpoint } from './line.ts'
import { asNotConnected } from './problems.ts'
import { plainValue } from './rows.ts'
import type { Session } from './services.ts'
import { readUnits } from './units.ts'
import { type FoundVariable, makeWalker } from './walk.ts'

/** Variables of the server whose path matches a glob (`Objects/**` when empty), with their values now. */
export async function* browseOpcua(
  config: OpcuaConfig,
  context: SourceContext,
  match: string,
  stop: AbortSignal,
): AsyncIterable<BrowseEntry> {
  const attempt = await beginAttempt(config, context, stop)
  const { opcua } = attempt
  const endpoint = selectEndpoint(attempt, await discover(attempt))
  await checkTrust(attempt, endpoint)
  const line = await openLine(attempt, endpoint)
  try {
    const { session } = line
    const glob = compileGlob(match || 'Objects/**')
    let page: FoundVariable[] = []
    const walker = makeWalker(opcua, session)
    for await (const found of walker.variables(glob.mayContain, glob.text.startsWith('Objects/Server/'))) {
      if (!glob.matches(found.path)) continue
      page.push(found)
      if (page.length < PAGE) continue
      yield* describePage(opcua, session, page)
      page = []
    }
    yield* describePage(opcua, session, page)
    for (const problem of walker.problems) context.log.warn({ connection: context.connection }, problem)
  } catch (error) {
    throw asNotConnected(error, config, stop)
  } finally {
    await line.close()
  }
}

/** Entries described with one round of requests. */
const PAGE = 200

async function* describePage(opcua: Opcua, session: Session, page: readonly FoundVariable[]): AsyncGenerator<BrowseEntry> {
  if (page.length === 0) return
  const attributes = await session.read(
    page.flatMap(({ nodeId }) => [
      { nodeId, attributeId: 14 },
      { nodeId, attributeId: 15 },
      { nodeId, attributeId: 13 },
    ]),
  )
  const types = page
    .map((_, i) => attributes[3 * i]?.value?.value as unknown)
    .map((type) => (type instanceof opcua.NodeId ? type : undefined))
  const kinds = await kindsOf(
    opcua,
    session,
    types.filter((type) => type !== undefined),
  )
  const units = await readUnits(
    opcua,
    session,
    page.map(({ nodeId }) => nodeId),
  )
  for (const [i, { path, nodeId }] of page.entries()) {
    const kind = kinds.get(types[i]?.toString() ?? '')
    const rank = attributes[3 * i + 1]?.value?.value as unknown
    const isArray = typeof rank === 'number' && rank >= 0
    const data = attributes[3 * i + 2]
    const value = isArray || kind?.refused ? undefined : show(data?.value)
    const unit = units.get(nodeId.toString())
    const refused = isArray ? 'array' : kind?.refused ? `a ${kind.name}` : undefined
    yield {
      path: path.join('/'),
      address: nodeId.toString(),
      dataType: `${kind?.name ?? 'unknown'}${isArray ? '[]' : ''}`,
      ...(value !== undefined && { value }),
      ...(unit !== undefined && { unit }),
      ...(data && { status: statusName(data.statusCode.value) }),
      ...(refused !== undefined && { refused }),
    }
  }
}

/** Characters of a value shown. */
const SHOWN = 80

function show(variant: Variant | null | undefined): string | undefined {
  const value = variant && plainValue(variant)
  if (value === undefined || value === null || typeof value === 'object') return undefined
  const text = String(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
