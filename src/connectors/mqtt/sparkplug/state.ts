import { NAMESPACE } from './types.ts'

/** The STATE messages of a primary host: who waits for this host starts and stops by them. */
export function stateTopic(hostId: string): string {
  return `${NAMESPACE}/STATE/${hostId}` // tck-id-host-topic-phid-birth-topic
}

/** tck-id-host-topic-phid-birth-payload, tck-id-host-topic-phid-death-payload: birth and death of one session carry the same timestamp. */
export function statePayload(online: boolean, timeMs: number): string {
  return JSON.stringify({ online, timestamp: timeMs })
}

/** What a STATE message says; undefined when it is none. */
export function readState(payload: Uint8Array): { online: boolean; timestamp: number } | undefined {
  try {
    const value: unknown = payload.length > 1024 ? undefined : JSON.parse(Buffer.from(payload).toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const { online, timestamp } = value as Record<string, unknown>
    return typeof online === 'boolean' && typeof timestamp === 'number' ? { online, timestamp } : undefined
  } catch {
    return undefined // the message of a host of Sparkplug 2 (`ONLINE`), or of nobody
  }
}
