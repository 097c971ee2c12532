/** Runs one verb; resolves with the exit code. */
export async function runCli(_args: string[]): Promise<number> {
  process.stderr.write('ecluse: no verb yet\n')
  return 1
}
