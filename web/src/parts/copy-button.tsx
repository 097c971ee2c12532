import { useEffect, useState } from 'react'
import { useLanguage } from '../words/index.ts'

/** How long the button says that it worked. */
const SAID_MS = 1_500

export function CopyButton({ text, label }: { text: string; label: string }) {
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
    <button type="button" className="quiet" aria-label={label} title={label} onClick={copy}>
      {copied ? words.value.copied : words.value.copy}
    </button>
  )
}
