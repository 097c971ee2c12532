import { type CheckStep, type Connector, failedStep, type SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { makeConsumer, topicIds } from './client.ts'
import { type KafkaConfig, kafkaConfig } from './config.ts'
import { lintKafka } from './lint.ts'
import { KafkaRecords } from './records.ts'

/** IT records in topics of Kafka. */
export const kafka: Connector<KafkaConfig> = {
  kind: 'kafka',
  label: { fr: 'Kafka', en: 'Kafka' },
  config: kafkaConfig,
  timeless: true,
  lint: lintKafka,
  records: (config, context) => new KafkaRecords(config, context),
  check,
}

/** Reaches a broker and looks for the topics; joins no group and commits nothing. */
async function* check(config: KafkaConfig, { clock, connection }: SourceContext): AsyncGenerator<CheckStep> {
  const from = clock.monotonicMs()
  const consumer = await makeConsumer(config, `ecluse-${connection}-check`)
  try {
    const ids = await topicIds(consumer, config)
    yield { step: 'brokers', ok: true, detail: `${config.brokers[0]} answers`, latencyMs: Math.round(clock.monotonicMs() - from) }
    for (const [topic, { partitions }] of ids) yield { step: topic, ok: true, detail: `${partitions} partitions` }
  } catch (error) {
    if (!(error instanceof NotConnected)) throw error
    yield failedStep('brokers', error)
  } finally {
    await consumer.close(true)
  }
}
