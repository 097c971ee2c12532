import type { Connector } from '../core/connector.ts'
import { files } from './files/index.ts'
import { kafka } from './kafka/index.ts'
import { modbus } from './modbus/index.ts'
import { mqtt } from './mqtt/index.ts'
import { nats } from './nats/index.ts'
import { opcua } from './opcua/index.ts'
import { rest } from './rest/index.ts'
import { sql } from './sql/index.ts'
import { webhook } from './webhook/index.ts'

/** Every system Écluse speaks with: the one list. A new connector is one folder and one line here. */
// biome-ignore lint/suspicious/noExplicitAny: each connector has its own configuration type
export const connectors: readonly Connector<any>[] = [modbus, opcua, mqtt, rest, webhook, nats, kafka, ...sql, files]
