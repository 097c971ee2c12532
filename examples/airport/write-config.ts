import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { airportConfig, FIXED_ENDPOINTS } from './config.ts'
import { airportContracts } from './contracts.ts'

/** Writes ecluse.yaml and its contracts beside this file again, after a change of the equipment. */
writeFileSync(join(import.meta.dirname, 'ecluse.yaml'), airportConfig(FIXED_ENDPOINTS, 1))
for (const [path, text] of Object.entries(airportContracts())) {
  const file = join(import.meta.dirname, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
