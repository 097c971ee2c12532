import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import type { Session } from './services.ts'

/**
 * The index of a namespace may be another one after each start of a server (OPC 10000-3, 8.2.2); its URI stays. So what `ns=2` was called when an address
 * first used it is kept, one small file in the connection's folder, and `ns=2` means that name from then on: never another namespace's node of the same identifier.
 */
const FILE = 'namespaces.json'
const NAMESPACE_ARRAY = 'i=2255'
const VALUE = 13
/** Namespaces kept. */
const KEPT = 1_000
/** 0 is the standard's, 1 the server's own: these do not move. */
const FIRST_THAT_MOVES = 2

const pinsFile = z.record(z.string().regex(/^\d{1,5}$/), z.string().max(4_096))

export type Place = { readonly index: number } | { readonly problem: string }

export interface Namespaces {
  /** Where a namespace written as `ns=N` or by its URI is now. */
  byIndex(index: number): Place
  byUri(uri: string): Place
}

/** Reads the server's NamespaceArray and what was known of it; keeps the names of the `used` indices. */
export async function readNamespaces(session: Session, context: SourceContext, used: readonly number[]): Promise<Namespaces> {
  const [answer] = await session.read([{ nodeId: NAMESPACE_ARRAY, attributeId: VALUE }])
  const told = answer?.value?.value as unknown
  const names: readonly unknown[] = Array.isArray(told) ? told : []
  const pins = await readPins(context.directory)
  const fresh = used.filter((index) => index >= FIRST_THAT_MOVES && pins[index] === undefined && typeof names[index] === 'string')
  for (const index of fresh.slice(0, KEPT)) pins[index] = names[index] as string
  if (fresh.length > 0) await replaceFile(join(context.directory, FILE), `${JSON.stringify(pins)}\n`)
  const byUri = (uri: string): Place => {
    const index = names.indexOf(uri)
    return index < 0 ? { problem: `the server has no namespace ${uri}` } : { index }
  }
  const find = (index: number): Place => {
    const pinned = pins[index]
    if (pinned === undefined || names[index] === pinned) return { index }
    const now = byUri(pinned)
    if ('problem' in now) {
      return {
        problem: `namespace ${index} was ${pinned} and is ${names[index] ?? 'nothing'} now; write nsu=URI; for the one that is meant`,
      }
    }
    context.log.info({ connection: context.connection, namespace: pinned, was: index, is: now.index }, 'a namespace has another index now')
    return now
  }
  const places = new Map<number, Place>()
  return {
    byUri,
    byIndex(index) {
      const place = places.get(index) ?? find(index)
      places.set(index, place)
      return place
    },
  }
}

async function readPins(directory: string): Promise<Record<string, string>> {
  const file = join(directory, FILE)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
  try {
    return pinsFile.parse(JSON.parse(text))
  } catch (cause) {
    throw new NotConnected(`${file} cannot be read, so nobody knows which namespaces are meant`, {
      cause,
      fault: fault('namespaces-unreadable', { file }),
      hint: 'see that the addresses `ns=...` are right as the server numbers its namespaces now, then delete the file',
    })
  }
}
