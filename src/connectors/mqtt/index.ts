import type { SampleConnector } from '../../core/connector.ts'
import { browseBroker } from './browse.ts'
import { checkBroker } from './check.ts'
import { type MqttConfig, mqttConfig } from './config.ts'
import { lintMqtt } from './lint.ts'
import { MqttSource } from './source.ts'

/** MQTT 3.1.1 and 5: Sparkplug B as a host application, or topics of one's own. */
export const mqtt: SampleConnector<MqttConfig> = {
  kind: 'mqtt',
  label: { fr: 'MQTT et Sparkplug B', en: 'MQTT and Sparkplug B' },
  config: mqttConfig,
  lint: lintMqtt,
  withPaths: (config, absolute) => {
    const { ca, certificate } = config.tls ?? {}
    const files = {
      ...(ca !== undefined && { ca: absolute(ca) }),
      ...(certificate !== undefined && { certificate: absolute(certificate) }),
    }
    return config.tls ? { ...config, tls: { ...config.tls, ...files } } : config
  },
  source: (config, context) => new MqttSource(config, context),
  check: checkBroker,
  browse: browseBroker,
}
