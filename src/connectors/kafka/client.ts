import { isIP } from 'node:net'
import type { Consumer } from '@platformatic/kafka'
import { tlsOptions } from '../../core/client-tls.ts'
import { NotConnected } from '../../core/errors.ts'
import { fault, networkFault } from '../../core/peer-faults.ts'
import { networkHint, networkReason } from '../../lib/network-hints.ts'
import { boundAnswers, boundUnpacking } from './bounds.ts'
import { brokerOf, type KafkaConfig } from './config.ts'
import { KAFKA_LIMITS } from './limits.ts'

/** A member of our group; nothing is opened yet, and nothing is tried twice: the runner does that. `onTooLarge`: why we left a broker; the library only says that the line is closed. */
export async function makeConsumer(
  config: KafkaConfig,
  clientId: string,
  onTooLarge: (why: NotConnected) => void = () => {},
): Promise<Consumer> {
  const { Consumer: Member, compressionsAlgorithms } = await import('@platformatic/kafka')
  boundUnpacking(compressionsAlgorithms)
  const { brokers, group, sasl, tls, timeout } = config
  const member: Consumer = new Member({
    clientId,
    groupId: group,
    bootstrapBrokers: brokers.map(brokerOf),
    retries: 0,
    connectTimeout: timeout,
    timeout,
    requestTimeout: Math.max(timeout, 2 * FETCH_WAIT_MS),
    autocreateTopics: false,
    autocommit: false,
    maxBytes: KAFKA_LIMITS.fetchBytes,
    maxWaitTime: FETCH_WAIT_MS,
    // An address is no server name (RFC 6066, 3).
    ...(tls && { tls: tlsOptions(tls), tlsServerName: tls.serverName ?? !brokers.some((broker) => isIP(brokerOf(broker).host) > 0) }),
    ...(sasl && { sasl: { mechanism: sasl.mechanism, username: sasl.user, password: sasl.password } }),
  })
  boundAnswers(member, onTooLarge)
  return member
}

/** How long a broker may wait for something to send. */
const FETCH_WAIT_MS = 2_000

/** The ids of our topics. Throws NotConnected for one that is not there, or has too many partitions. */
export async function topicIds(consumer: Consumer, config: KafkaConfig): Promise<Map<string, { id: string; partitions: number }>> {
  const topics = config.records.map(({ topic }) => topic)
  const metadata = await told(config, () => consumer.metadata({ topics, forceUpdate: true }))
  return new Map(
    topics.map((topic) => {
      const found = metadata.topics.get(topic)
      if (!found)
        throw new NotConnected(`there is no topic ${topic}`, {
          hint: 'make the topic, or correct its name',
          fault: fault('no-topic', { topic }),
        })
      if (found.partitionsCount > KAFKA_LIMITS.partitions)
        throw new NotConnected(`topic ${topic} has ${found.partitionsCount} partitions; at most ${KAFKA_LIMITS.partitions} are read`, {
          fault: fault('too-many-partitions', { topic, count: found.partitionsCount, limit: KAFKA_LIMITS.partitions }),
        })
      return [topic, { id: found.id, partitions: found.partitionsCount }]
    }),
  )
}

/** Work with the brokers, whose failures become NotConnected with what to do. */
export async function told<T>(config: KafkaConfig, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asNotConnected(error, config)
  }
}

/** The library's errors hold whole requests: only what they say is told, and no cause goes along. */
export function asNotConnected(error: unknown, { brokers, records }: Pick<KafkaConfig, 'brokers' | 'records'>): NotConnected {
  if (error instanceof NotConnected) return error
  const all = [...causes(error)]
  const own = all.find((one) => one instanceof NotConnected)
  if (own) return own
  const told = all.map((one) => `${one.name} ${'apiId' in one ? one.apiId : ''} ${one.message}`).join('\n')
  const where = brokers.length === 1 ? brokers[0] : `${brokers.length} brokers`
  if (/AuthenticationError|SASL|PLT_KFK_AUTHENTICATION/i.test(told))
    return new NotConnected(`${where}: not let in`, {
      hint: 'check sasl: mechanism, user and password',
      fault: fault('not-let-in', { peer: where }),
    })
  if (/AUTHORIZATION_FAILED/.test(told))
    return new NotConnected(`${where}: not allowed`, {
      fault: fault('not-allowed', { peer: where, what: 'Read, Describe' }),
      hint: 'the user needs Read on the topics and on the group, and Describe on the topics',
    })
  if (/UNKNOWN_TOPIC/.test(told)) {
    // The broker does not say which: all that are asked for are named.
    const topics = records.map(({ topic }) => topic).join(', ')
    return new NotConnected(`${where}: of the topics ${topics} one is not there`, {
      hint: 'make the topic, or correct its name',
      fault: fault('no-topic', { topic: topics }),
    })
  }
  const system = all.find(
    (one) => 'syscall' in one || /^(E[A-Z]+|ERR_TLS|CERT_|UNABLE_|DEPTH_|SELF_)/.test(String((one as NodeJS.ErrnoException).code)),
  )
  if (system)
    return new NotConnected(`${where}: ${networkReason(system)}`, {
      hint: networkHint(system, 'broker'),
      fault: networkFault(system, String(where)),
    })
  const last = all.at(-1)
  return new NotConnected(`${where}: ${last?.message ?? 'no answer'}`, {
    hint: 'are these brokers, and is the line with or without TLS as it is here?',
    fault: fault('not-brokers', { peer: where, detail: last?.message ?? '' }),
  })
}

/** An error, and what is behind it, outermost first; bounded. */
function* causes(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth > 8) return
  yield error
  if (error instanceof AggregateError) for (const one of error.errors.slice(0, 8)) yield* causes(one, depth + 1)
  yield* causes(error.cause, depth + 1)
}
