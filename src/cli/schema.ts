import { stringify } from 'yaml'
import { configSchema } from '../config/index.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'

/** `ecluse schema`: JSON Schema 2020-12 of ecluse.yaml. */
export async function schema(verb: Verb, options: CommonOptions): Promise<Exit> {
  const value = configSchema(await verb.connectors())
  verb.io.out(options.output === 'yaml' ? stringify(value) : `${JSON.stringify(value, null, 2)}\n`)
  return EXIT.ok
}
