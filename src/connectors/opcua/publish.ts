import type { NotificationMessage, PublishResponse } from 'node-opcua'
import { Status } from '../../core/status.ts'
import { statusOf } from './library.ts'
import { asError } from './problems.ts'
import type { Acknowledgement, Session } from './services.ts'

/** Publish requests waiting at the server: enough that it never waits for ours, within what any server keeps. */
const REQUESTS = 10
/** Lost messages asked for again after one gap. */
const REPUBLISHED = 32

export interface PublishEvents {
  /** Room for another message; false holds our requests back, so that the server queues, and says so when that overflows. */
  hasRoom(): boolean
  /** Every answer, keep-alives included. */
  onMessage(message: NotificationMessage): void
  /** Messages the server no longer has. */
  onLost(messages: number): void
  onEnd(error: Error): void
}

export interface Publishing {
  /** Sends what is missing of our requests; to be called when there is room again. */
  fill(): void
  /** Requests of ours at the server. */
  waiting(): number
  stop(): void
}

/** Keeps publish requests at the server, acknowledges, and asks again for messages missing in the sequence (OPC 10000-4, 5.14.5). */
export function publishing(session: Session, subscriptionId: number, answerWithinMs: number, events: PublishEvents): Publishing {
  let allowed = REQUESTS
  let waiting = 0
  let stopped = false
  let expected = 1
  let acknowledge: Acknowledgement[] = []

  const end = (error: Error) => {
    if (stopped) return
    stopped = true
    events.onEnd(error)
  }
  const fill = () => {
    while (!stopped && waiting < allowed && events.hasRoom()) {
      waiting++
      session.publish(acknowledge, answerWithinMs).then(onAnswer, onError)
      acknowledge = []
    }
  }
  const take = (message: NotificationMessage) => {
    acknowledge.push({ subscriptionId, sequenceNumber: message.sequenceNumber })
    events.onMessage(message)
  }
  const recover = async (first: number, count: number) => {
    let lost = Math.max(0, count - REPUBLISHED)
    for (let i = lost; i < count && !stopped; i++) {
      try {
        take((await session.republish(subscriptionId, first + i)).notificationMessage)
      } catch (error) {
        if (statusOf(error) === undefined) return
        lost++
      }
    }
    if (lost > 0) events.onLost(lost)
  }
  const onAnswer = (response: PublishResponse) => {
    waiting--
    if (stopped) return
    const message = response.notificationMessage
    if ((message.notificationData?.length ?? 0) === 0) events.onMessage(message)
    else {
      const missing = message.sequenceNumber - expected
      if (missing > 0) recover(expected, missing).catch((error: unknown) => end(asError(error)))
      // After 2^32-1 comes 1.
      expected = message.sequenceNumber >= 0xffffffff ? 1 : message.sequenceNumber + 1
      take(message)
    }
    fill()
  }
  const onError = (error: unknown) => {
    waiting--
    if (stopped) return
    const status = statusOf(error)
    if (status === Status.BadTooManyPublishRequests && waiting > 0) allowed = waiting
    else if (status !== Status.BadTimeout) return end(asError(error))
    fill()
  }
  return {
    fill,
    waiting: () => waiting,
    stop() {
      stopped = true
    },
  }
}
