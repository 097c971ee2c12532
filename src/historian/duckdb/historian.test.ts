import { silent } from '../../core/log.ts'
import { historianContract } from '../contract.ts'
import { openHistorian } from './historian.ts'

// However few samples there are, they are counted when they are compacted.
const limits = { samplesPerCount: 1 }
historianContract('DuckDB', (options) => openHistorian({ ...options, memoryLimitBytes: 256 * 1024 * 1024, log: silent, limits }))
