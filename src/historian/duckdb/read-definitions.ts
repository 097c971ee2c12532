import type { DefinitionRow } from '../../core/historian.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import type { ReadContext } from './read-samples.ts'
import { rowsOf } from './rows.ts'

/** The newest versions of a signal's definition, oldest first. A signal nobody has heard of has none. */
export async function readDefinitions({ connection, dictionaries }: ReadContext, signal: string, limit: number): Promise<DefinitionRow[]> {
  const key = dictionaries.keyOf(signal)
  if (key === undefined) return []
  const rows = await rowsOf(
    connection,
    `SELECT d.since_ingest, epoch_us(d.recorded), coalesce(c.version, ''), d.definition
     FROM store.definitions d LEFT JOIN store.configs c USING (config) WHERE d.signal = ${key} ORDER BY d.since_ingest DESC, d.rowid DESC LIMIT ${limit}`,
  )
  return rows.reverse().map(([sinceIngest, recordedTime, configVersion, definition]) => ({
    sinceIngest: sinceIngest as number,
    recordedTime: recordedTime as number,
    configVersion: configVersion as string,
    definition: JSON.parse(definition as string) as SignalDefinition,
  }))
}
