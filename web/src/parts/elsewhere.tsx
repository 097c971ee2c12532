import { useLanguage } from '../words/index.ts'
import { CopyButton } from './copy-button.tsx'

/** A text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The last value of a signal by the other two ways. */
export function Elsewhere({ id }: { id: string }) {
  const { words } = useLanguage()
  return (
    <section className="panel">
      <h2>{words.signal.elsewhere}</h2>
      <Ways path={`last?match=${encodeURIComponent(id)}`} command={`ecluse read ${quoted(id)} -o json`} />
    </section>
  )
}

/** Every version of a record by the other two ways. */
export function RecordElsewhere({ kind, record }: { kind: string; record: readonly string[] }) {
  const { words } = useLanguage()
  const search = new URLSearchParams([['kind', kind], ...record.map((part): [string, string] => ['key', part]), ['versions', 'all']])
  return (
    <>
      <h3>{words.signal.elsewhere}</h3>
      <Ways path={`records?${search}`} command={`ecluse records ${kind} --key ${quoted(record.join(','))} --versions`} />
    </>
  )
}

/** Every revision of a result by the other two ways. */
export function FactElsewhere({ definition, factKey }: { definition: string; factKey: string }) {
  const { words } = useLanguage()
  const search = new URLSearchParams({ definition, key: factKey, revisions: 'all' })
  return (
    <>
      <h3>{words.signal.elsewhere}</h3>
      <Ways path={`facts?${search}`} command={`ecluse facts ${definition} --key ${quoted(factKey)} --revisions`} />
    </>
  )
}

/** The HTTP surface and the command. */
function Ways({ path, command }: { path: string; command: string }) {
  const { words } = useLanguage()
  return (
    <dl className="facts snippets">
      {(
        [
          [words.signal.asApi, `${window.location.origin}/api/v1/${path}`],
          [words.signal.asCli, command],
        ] as const
      ).map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <code>{text}</code> <CopyButton text={text} label={`${words.value.copy}: ${name}`} />
          </dd>
        </div>
      ))}
    </dl>
  )
}
