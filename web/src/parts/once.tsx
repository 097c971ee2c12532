import { CopyButton } from './copy-button.tsx'

/** Something that is shown this once: a link, a secret. */
export function Once({ title, secret, copy }: { title: string; secret: string; copy: string }) {
  return (
    <output className="people-once">
      {title} <br />
      <code>{secret}</code> <CopyButton text={secret} label={copy} />
    </output>
  )
}
