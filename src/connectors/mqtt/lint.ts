import type { LintFinding } from '../../core/connector.ts'
import type { MqttConfig } from './config.ts'
import { endpointOf } from './dial.ts'

/** What a schema cannot see: unsafe choices, things named twice. */
export function lintMqtt(config: MqttConfig): LintFinding[] {
  return [...transport(config), ...twice(config), ...captures(config), ...silence(config)]
}

function transport({ url, user, tls }: MqttConfig): LintFinding[] {
  const { host, encrypted } = endpointOf(url)
  const findings: LintFinding[] = []
  const near = host === 'localhost' || host === '::1' || host.startsWith('127.')
  if (!encrypted && !near)
    findings.push({
      path: ['url'],
      code: 'W_MQTT_PLAINTEXT',
      message: `everything${user ? ', the password included,' : ''} goes to ${host} unencrypted and could be changed on the way`,
      hint: 'use mqtts://',
      level: 'warning',
    })
  if (!encrypted && tls)
    findings.push({
      path: ['tls'],
      code: 'E_MQTT_TLS_UNUSED',
      message: 'tls has no effect with mqtt://',
      hint: 'use mqtts://',
      level: 'error',
    })
  if (tls && (tls.certificate === undefined) !== (tls.key === undefined))
    findings.push({ path: ['tls'], code: 'E_MQTT_TLS_PAIR', message: 'certificate and key go together', level: 'error' })
  return findings
}

function twice(config: MqttConfig): LintFinding[] {
  const findings: LintFinding[] = []
  const ids = new Set<string>()
  const addresses = new Set<string>()
  config.signals.forEach((signal, i) => {
    if (signal.id !== undefined && ids.has(signal.id))
      findings.push({ path: ['signals', i, 'id'], code: 'E_DUPLICATE_ID', message: `${signal.id} is used twice`, level: 'error' })
    if (signal.id !== undefined) ids.add(signal.id)
    if (!('metric' in signal)) return
    if (addresses.has(signal.metric))
      findings.push({
        path: ['signals', i, 'metric'],
        code: 'E_MQTT_DUPLICATE_METRIC',
        message: `${signal.metric} is listed twice`,
        level: 'error',
      })
    addresses.add(signal.metric)
  })
  return findings
}

/** An id must use as many captures as the topic has, or several topics would share one signal. */
function captures(config: MqttConfig): LintFinding[] {
  if (config.format !== 'plain') return []
  return config.signals.flatMap(({ topic, id }, i): LintFinding[] => {
    const levels = topic.split('/')
    const count = levels.filter((level) => level === '+').length
    const used = new Set([...id.matchAll(/\{(\d+)\}/g)].map(([, n]) => Number(n)))
    if (levels.some((level) => level.includes('#') || (level.includes('+') && level !== '+')))
      return [
        { path: ['signals', i, 'topic'], code: 'E_MQTT_TOPIC', message: '+ stands for a whole level; # is not supported', level: 'error' },
      ]
    if ([...used].some((n) => n < 1 || n > count))
      return [
        {
          path: ['signals', i, 'id'],
          code: 'E_MQTT_CAPTURE',
          message: `the topic has ${count} +, the id asks for another`,
          level: 'error',
        },
      ]
    if (used.size < count)
      return [
        {
          path: ['signals', i, 'id'],
          code: 'E_MQTT_CAPTURE',
          message: 'several topics would feed one signal',
          hint: `put ${Array.from({ length: count }, (_, n) => `{${n + 1}}`).join(' and ')} into the id`,
          level: 'error',
        },
      ]
    return []
  })
}

/** A broker that answers says nothing of who publishes: of a plain topic only a declared period tells when its publisher is dead. */
function silence(config: MqttConfig): LintFinding[] {
  if (config.format !== 'plain') return []
  const first = config.signals.findIndex(({ expectedPeriod, model }) => expectedPeriod === undefined && model === undefined)
  if (first < 0) return []
  return [
    {
      path: ['signals', first],
      code: 'W_MQTT_SILENCE',
      message:
        'nothing says how often this topic is published: when its publisher dies, the last value stays Good for as long as the broker answers, and what is computed of it is Uncertain (period-unknown), because a lost message is not seen',
      hint: 'expectedPeriod: 1min (the longest time between messages when all is well): silent for longer it turns Uncertain, then Bad',
      level: 'warning',
    },
  ]
}
