import { silent } from '../../core/log.ts'
import { historianContract } from '../contract.ts'
import { openHistorian } from './historian.ts'

historianContract('DuckDB', (options) => openHistorian({ ...options, memoryLimitBytes: 256 * 1024 * 1024, log: silent }))
