import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { airportConfig, FIXED_ENDPOINTS } from './config.ts'

/** Writes ecluse.yaml beside this file again, after a change of the equipment. */
writeFileSync(join(import.meta.dirname, 'ecluse.yaml'), airportConfig(FIXED_ENDPOINTS, 1))
