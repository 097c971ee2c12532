import { createServer } from 'node:net'

/** Why nobody can listen at an address (`EADDRINUSE`, `EACCES`); undefined when it is free. */
export function listenProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}
