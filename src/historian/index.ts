export { type HistorianOptions, openHistorian } from './duckdb/historian.ts'
