import { useEffect, useState } from 'react'
import { useLanguage } from '../words/index.ts'

/** How long the button says that it worked. */
const SAID_MS = 1_500

/** `isNamed`: what is copied stands on the button, too. */
export function CopyButton({ text, label, isNamed = false }: { text: string; label: string; isNamed?: boolean }) {
  const { words } = useLanguage()
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), SAID_MS)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = () => {
    void navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  return (
    <>
      <button type="button" className="quiet" aria-label={label} title={label} onClick={copy}>
        {copied ? words.value.copied : isNamed ? label : words.value.copy}
      </button>
      <output className="unseen">{copied && words.value.copied}</output>
    </>
  )
}
