/** Names the window after the heading of its page, so that tabs, history and whoever does not see the page tell one from another (WCAG 2.4.2). */
export function nameAfterHeading(document: Document): void {
  const name = () => {
    const heading = document.querySelector('h1')?.textContent?.trim()
    const title = heading ? `${heading} – Écluse` : 'Écluse'
    if (document.title !== title) document.title = title
  }
  new MutationObserver(name).observe(document.body, { subtree: true, childList: true, characterData: true })
}
