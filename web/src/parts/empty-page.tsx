/** What a page says when nothing is declared for it: what it is for, what to do, and the lines to write. */
export function EmptyPage({ title, paragraphs, example }: { title: string; paragraphs: readonly string[]; example: string }) {
  return (
    <section className="panel empty">
      <h2>{title}</h2>
      {paragraphs.map((text) => (
        <p key={text}>{text}</p>
      ))}
      <pre>{example}</pre>
    </section>
  )
}
