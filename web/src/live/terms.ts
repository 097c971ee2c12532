/** What a reader looks for, in lower case: words, and "phrases in quotes". */
export const termsOf = (query: string): string[] =>
  [...query.toLowerCase().matchAll(/"([^"]+)"|[^\s"]+/g)].map(([word, phrase]) => phrase ?? word)
