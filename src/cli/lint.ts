import { formatProblems, lintFiles } from '../config/index.ts'
import { configPath } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'
import { writeResult } from './output.ts'

/** `ecluse lint [PATH]`: problems on stdout, so that editors and CI read them; 78 when the configuration would be refused. */
export async function lint(verb: Verb, path: string | undefined, options: CommonOptions & { denyWarnings?: boolean }): Promise<Exit> {
  const { io, words, language } = verb
  const { problems, files, ok, loaded } = await lintFiles(configPath(verb, path), {
    connectors: await verb.connectors(),
    env: io.env,
    language,
  })
  const errors = problems.filter((problem) => problem.level === 'error').length
  const accepted = ok && !(options.denyWarnings && problems.length > 0)
  const value = { ok: accepted, files, version: loaded?.version, errors, warnings: problems.length - errors, problems }
  writeResult(io, options.output, value, () =>
    [
      ...(problems.length > 0 ? [formatProblems(problems, words.hint)] : []),
      loaded && problems.length === 0
        ? words.lint.ok(files.length, loaded.connections.length, loaded.version)
        : words.lint.counts(errors, problems.length - errors),
    ].join('\n'),
  )
  return accepted ? EXIT.ok : EXIT.config
}
