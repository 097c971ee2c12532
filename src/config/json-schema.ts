import { z } from 'zod'
import type { Connector } from '../core/connector.ts'
import { connectionCommon, ecluseConfig } from './schema.ts'

type Json = Record<string, unknown>

/** JSON Schema 2020-12 of the whole file as a person writes it: durations are texts, defaults may be left out. Editors complete and check with it. */
export function configSchema(connectors: readonly Connector[]): Json {
  const root = toJson(ecluseConfig)
  const common = toJson(connectionCommon)
  const kinds = connectors.map((connector) => connectionSchema(connector, common))
  const properties = root.properties as Record<string, Json>
  const connections = properties.connections as Json
  const definitions = Object.assign({}, ...kinds.map((kind) => kind.definitions)) as Json
  return {
    ...root,
    title: 'ecluse.yaml',
    properties: {
      ...properties,
      connections: { ...connections, additionalProperties: kinds.length > 0 ? { oneOf: kinds.map((kind) => kind.schema) } : false },
    },
    ...(Object.keys(definitions).length > 0 && { $defs: definitions }),
  }
}

function connectionSchema(connector: Connector, common: Json): { schema: Json; definitions: Json } {
  const prefixed = JSON.stringify(toJson(connector.config)).replaceAll('"#/$defs/', `"#/$defs/${connector.kind}-`)
  const { $schema: _, $defs, ...own } = JSON.parse(prefixed) as Json & { $defs?: Json }
  const schema = {
    ...own,
    title: connector.label.en,
    properties: {
      ...(common.properties as Json),
      kind: { const: connector.kind, description: connector.label.en },
      ...(own.properties as Json),
    },
    required: ['kind', ...((own.required as string[] | undefined) ?? [])],
    additionalProperties: false,
  }
  const definitions = Object.fromEntries(Object.entries($defs ?? {}).map(([key, value]) => [`${connector.kind}-${key}`, value]))
  return { schema, definitions }
}

function toJson(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => dropForeignDefault(jsonSchema as Json),
  }) as Json
}

/** A default given after a conversion (2000 for `2s`) is not something a person can write in its place. */
function dropForeignDefault(schema: Json): void {
  if ('default' in schema && typeof schema.type === 'string' && schema.type === 'string' && typeof schema.default !== 'string')
    delete schema.default
}
