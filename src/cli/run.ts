import { load } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, logOf, type Verb } from './context.ts'
import { aborted, serve } from './serve.ts'

/** `ecluse run [PATH]`: until it is asked to stop; then everything read is stored before it ends. */
export async function run(verb: Verb, path: string | undefined, options: CommonOptions): Promise<Exit> {
  const { io, words } = verb
  const stop = io.stopSignal()
  const loaded = await load(verb, path)
  const log = logOf(verb, options)
  const { host, port } = loaded.config.http
  let served = await serve(verb, loaded, { host, port, log })
  io.out(`${words.node.serving(loaded.config.site.id, loaded.config.node.id, served.url)}\n`)
  if (served.adminUrl) io.out(`${words.people.reservedAt(served.adminUrl)}\n`)
  const linkAddress = served.view.linkAddress()
  if (linkAddress) io.out(`${words.node.linkAt(linkAddress)}\n`)
  if (served.signInLink) io.out(`${words.node.signIn(served.signInLink)}\n`)
  io.err(`${words.node.stop}\n`)
  while (!stop.aborted) {
    await Promise.race([aborted(stop), served.restart])
    if (stop.aborted) break
    await served.stop()
    served = await serve(verb, loaded, { host, port, log })
  }
  io.err(`${words.node.stopping}\n`)
  await served.stop()
  io.err(`${words.node.stopped}\n`)
  return EXIT.ok
}
