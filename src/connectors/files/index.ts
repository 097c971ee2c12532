import type { Connector } from '../../core/connector.ts'
import { checkFiles } from './check.ts'
import { type FilesConfig, filesConfig } from './config.ts'
import { lintFiles } from './lint.ts'
import { FileRecords } from './records.ts'

/** Files dropped into a folder as IT records. */
export const files: Connector<FilesConfig> = {
  kind: 'files',
  label: { fr: 'Fichiers déposés', en: 'Dropped files' },
  config: filesConfig,
  lint: lintFiles,
  records: (config, context) => new FileRecords(config, context),
  check: checkFiles,
}
