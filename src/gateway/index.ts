export type { SpoolFile, SpoolFiles } from './spool/files.ts'
export { type OpenedSpool, openSpool, type SpoolOptions } from './spool/open.ts'
