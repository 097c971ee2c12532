import { writeSync } from 'node:fs'
import { runScript } from './verdicts-run.ts'

/** A whole node that hears a script, until it is killed or has heard it all; it says when it goes on, and when it is done. */
const [file, total] = process.argv.slice(2) as [string, string]
const { done } = await runScript(file, Number(total))
writeSync(1, 'going on\n')
await done
writeSync(1, 'done\n')
