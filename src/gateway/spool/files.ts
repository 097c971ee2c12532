export {
  type DurableFile as SpoolFile,
  type DurableFiles as SpoolFiles,
  machineFiles,
  replaceIn,
  replaceTextIn,
} from '../../lib/durable-files.ts'
