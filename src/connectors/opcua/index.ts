import type { SampleConnector } from '../../core/connector.ts'
import { browseOpcua } from './browse.ts'
import { checkOpcua, identityOpcua } from './check.ts'
import { lintOpcua, type OpcuaConfig, opcuaConfig } from './config.ts'
import { opcuaSource } from './source.ts'
import { writePin } from './trust.ts'

/** OPC UA servers, by subscription. */
export const opcua: SampleConnector<OpcuaConfig> = {
  kind: 'opcua',
  label: { fr: 'Serveur OPC UA', en: 'OPC UA server' },
  config: opcuaConfig,
  lint: lintOpcua,
  withPaths: (config, absolute) =>
    typeof config.user === 'object' && 'certificate' in config.user
      ? { ...config, user: { ...config.user, certificate: absolute(config.user.certificate) } }
      : config,
  source: opcuaSource,
  check: checkOpcua,
  browse: browseOpcua,
  identity: identityOpcua,
  trust: (_config, context, identity) => writePin(context, identity),
}
