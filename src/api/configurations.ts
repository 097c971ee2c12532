import { z } from 'zod'
import { formatTime } from '../core/time.ts'
import { configurationList, keptConfiguration } from './lineage-schemas.ts'
import { Refusal } from './problem.ts'
import type { Resources, Server } from './route.ts'

export function configurationRoutes(server: Server, { view }: Resources): void {
  server.get(
    '/api/v1/configurations',
    {
      config: { permission: 'read', scope: 'node' },
      schema: { summary: 'Versions of the configuration this node was started with, newest first', response: { 200: configurationList } },
    },
    async () => ({
      running: view.configVersion,
      configurations: (await view.configurations.list()).map(({ keptTime, files, ...one }) => ({
        ...{ ...one, files: [...files], keptTime: formatTime(keptTime) },
      })),
    }),
  )
  server.get(
    '/api/v1/configurations/:version',
    {
      config: { permission: 'operate', scope: 'every' },
      schema: {
        summary: 'The files of one version, secrets as references only',
        params: z.strictObject({ version: z.string().regex(/^[0-9a-f]{16}$/) }),
        response: { 200: keptConfiguration },
      },
    },
    async ({ params }) => {
      const found = await view.configurations.read(params.version)
      if (!found) throw new Refusal(404, 'unknown-configuration')
      const { version, entry, files, texts } = found
      return { version, entry, files: files.map((name, i) => ({ name, text: texts[i] ?? '' })) }
    },
  )
}
