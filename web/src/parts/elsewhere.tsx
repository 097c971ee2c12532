import { useLanguage } from '../words/index.ts'
import { CopyButton } from './copy-button.tsx'

/** The same data by the other two ways: the HTTP surface and the command. */
export function Elsewhere({ id }: { id: string }) {
  const { words } = useLanguage()
  const api = `${window.location.origin}/api/v1/last?match=${encodeURIComponent(id)}`
  const command = `ecluse read '${id}' -o json`
  return (
    <section className="panel">
      <h2>{words.signal.elsewhere}</h2>
      <dl className="facts snippets">
        {(
          [
            [words.signal.asApi, api],
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
    </section>
  )
}
