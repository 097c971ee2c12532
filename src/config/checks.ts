import { signalId } from '../core/config-parts.ts'
import type { Connector } from '../core/connector.ts'
import { isSignalId } from '../core/names.ts'
import { isLoopback } from '../lib/network-address.ts'
import { type Located, locate, locateKey, type Path, type Problems, type Wording } from './places.ts'
import type { EcluseConfig } from './schema.ts'
import { type AnySchema, describedBy, SchemaMemo } from './schema-walk.ts'
import type { ConfigWords } from './words.ts'

/** Where each signal id was first declared, over all connections. */
export type DeclaredSignals = Map<string, Located>

/**
 * Refuses the second declaration of a signal id. An id is what the schema `signalId` describes, whatever the connector calls it, and the `id`
 * of an item of `signals:` where the connector has its own rule for ids (templates with `{name}` are not ids yet).
 */
export function checkSignalIds(
  value: unknown,
  at: Located,
  schemas: readonly AnySchema[],
  declared: DeclaredSignals,
  problems: Problems,
  words: ConfigWords,
): void {
  const memo = new SchemaMemo()
  const walk = (here: unknown, place: Located, under: readonly AnySchema[], path: Path): void => {
    if (under.length === 0) return
    const listed = path.at(-1) === 'id' && path.at(-3) === 'signals'
    if (typeof here === 'string' && isSignalId(here) && (listed || describedBy(under, signalId))) {
      const first = declared.get(here)
      if (!first) declared.set(here, place)
      else
        problems.add(place, 'E_DUPLICATE_SIGNAL', words.duplicateSignal(here, `${first.source.file}:${first.source.at(first.offset).line}`))
    } else if (Array.isArray(here)) {
      const element = memo.inside(under, 0)
      here.forEach((item, index) => {
        walk(item, place.items?.[index] ?? place, element, [...path, index])
      })
    } else if (typeof here === 'object' && here !== null) {
      for (const [key, item] of Object.entries(here))
        walk(item, place.keys?.get(key)?.value ?? place, memo.inside(under, key), [...path, key])
    }
  }
  walk(value, at, schemas, [])
}

/** What the connector itself finds in its configuration. A connector's bug here is a bug: it is thrown on. */
export function checkConnector(connector: Connector, config: unknown, at: Located, problems: Problems, words: ConfigWords): void {
  for (const { path, code, message, hint, level } of connector.lint?.(config) ?? []) {
    const place = locate(at, path as Path)
    // Ids are compared over all connections here; a connector that compares its own says it a second time.
    if (!problems.has(place, 'E_DUPLICATE_SIGNAL')) problems.add(place, code, [words.said(message), hint && words.said(hint)], level)
  }
}

/** What a node's role lets it have. An edge opens no port for others, its own page included; a relay has nothing to do with devices. */
export function checkRole(
  { node, http, link }: Pick<EcluseConfig, 'node' | 'http' | 'link'>,
  connections: number,
  at: Located,
  problems: Problems,
  words: ConfigWords,
): void {
  const isEdge = node.role === 'edge'
  const exposed = [[http.host, ['http', 'host']] as const, [http.admin?.host, ['http', 'admin', 'host']] as const]
  for (const [host, path] of exposed) {
    if (host === undefined || isLoopback(host) || (http.tls && !isEdge)) continue
    const [code, wording] = isEdge ? (['E_EDGE_EXPOSED', words.edgeExposed()] as const) : (['W_HTTP_EXPOSED', words.httpExposed()] as const)
    problems.add(locate(at, path), code, wording)
  }
  if (link?.transport === 'diode') {
    const lacks = (path: string, wording: Wording) =>
      problems.add(locate(at, path === 'to' ? ['link'] : ['link', 'diode']), 'E_VALUE', wording)
    if (isEdge || node.role === 'relay') {
      if (link.to === undefined) lacks('to', words.diodeSender('to'))
      if (link.diode.key === undefined) lacks('key', words.diodeSender('diode.key'))
    } else if (link.diode.senders.length === 0) lacks('senders', words.diodeReceiver())
  }
  if (node.role === 'relay' && connections > 0)
    problems.add(locateKey(at, [], 'connections'), 'E_RELAY_CONNECTIONS', words.relayConnections())
}
