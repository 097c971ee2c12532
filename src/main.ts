/** Entry: hands the words of the command line over to the verbs. */
export async function main(args: string[]): Promise<void> {
  const { runCli } = await import('./cli/index.ts')
  process.exitCode = await runCli(args)
}
