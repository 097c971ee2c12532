export { type HistorianConfig, historianConfig } from './config.ts'
export { type HistorianOptions, openHistorian } from './duckdb/historian.ts'
export { HistorianInUse } from './duckdb/lock.ts'
