/** What this browser remembers of its reader. Storage may be refused; then nothing is remembered. */
export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`ecluse.${name}`, value)
  } catch {
    // Private mode or full storage: the choice lasts as long as the page.
  }
}

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`ecluse.${name}`)
  } catch {
    // Storage refused: as on the first visit.
    return null
  }
}

export type Theme = 'light' | 'dark'

export function firstTheme(): Theme {
  const stored = recall('theme')
  if (stored === 'light' || stored === 'dark') return stored
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}
