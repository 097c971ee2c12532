import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** A script of this folder in a process of its own, killed with SIGKILL some time after its first word. Rejects when it ends by itself. */
export function oneLife(script: string, args: readonly string[], aliveMs: number): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), aliveMs))
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`the node ended by itself with ${code}: ${errors}`)),
    )
  })
}
