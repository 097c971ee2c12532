import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { Server } from './route.ts'

const MISSING = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Écluse</title>
<p>The pages have not been built. Run <code>npm run build:web</code>, then load this page again.
<p lang="fr">Les pages ne sont pas construites. Lancez <code>npm run build:web</code>, puis rechargez cette page.</html>`

/** The user interface: static files, without sign-in; what they show needs one. */
export async function webRoutes(server: Server, webDirectory: string): Promise<void> {
  if (!existsSync(join(webDirectory, 'index.html'))) {
    server.get('/', { config: { permission: 'public' }, schema: { hide: true } }, async (_request, reply) =>
      reply.code(503).type('text/html').send(MISSING),
    )
    return
  }
  // One route per file of the bundle: nothing else on the disk has an address.
  await server.register(async (pages) => {
    pages.addHook('onRoute', (route) => {
      route.config = { ...route.config, permission: 'public' }
      route.schema = { ...route.schema, hide: true }
    })
    await pages.register(fastifyStatic, {
      root: webDirectory,
      wildcard: false,
      index: 'index.html',
      setHeaders: (reply, path) => {
        // Bundled files carry a hash of their content in their name.
        const isHashed = /[\\/]assets[\\/]/.test(path)
        reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
  })
}
