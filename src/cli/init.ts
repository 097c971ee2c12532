import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { configSchema } from '../config/index.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import type { initEn } from './words/init.ts'

const FILE = 'ecluse.yaml'
const SCHEMA = 'ecluse.schema.json'
const SITE = /^[a-z][a-z0-9-]{0,62}$/

export interface InitOptions extends CommonOptions {
  readonly site?: string
}

/** `ecluse init [DIR]`: a first file to fill in, and the schema an editor completes it with. What is there is never written over. */
export async function init(verb: Verb, directory: string, options: InitOptions): Promise<Exit> {
  const words = verb.words.init
  const site = options.site ?? siteOf(directory)
  if (!SITE.test(site)) throw new Refused(words.badSite(site))
  const [file, schema] = [join(directory, FILE), join(directory, SCHEMA)]
  await mkdir(directory, { recursive: true })
  await writeFile(file, firstFile(site, words), { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? new Refused(words.taken(file), words.takenHint) : error
  })
  await writeFile(schema, `${JSON.stringify(configSchema(await verb.connectors()), null, 2)}\n`)
  verb.io.out(`${words.written(file, schema)}\n${words.next(file)}\n`)
  return EXIT.ok
}

/** The folder's name, as far as it can be an id. */
function siteOf(directory: string): string {
  const plain = basename(resolve(directory)).normalize('NFD').toLowerCase()
  const id = plain
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
  return id === '' ? 'site' : id.slice(0, 63)
}

/** Lints clean but for its missing connections; with the marks taken away it has one of each kind that plants have most. */
export function firstFile(site: string, words: typeof initEn): string {
  const steps = Object.entries(words.steps).map(([step, text]) => `#   ecluse ${step.padEnd(5)}  ${text}`)
  return `# yaml-language-server: $schema=./${SCHEMA}
# ${words.head.join('\n# ')}
version: 1

# ${words.site}
site: { id: ${site} }

# ${words.connections}
${steps.join('\n')}
connections:
  # plc-1:
  #   kind: opcua
  #   endpoint: opc.tcp://10.0.0.5:4840
  #   user: { name: collector, password: "\${env:PLC1_PASSWORD}" }  # ${words.password}
  #   signals:
  #     - { browse: "Objects/Line1/**/Temp*", id: "line1/{name}", unit: Cel, range: [0, 950] }

  # meters:
  #   kind: modbus
  #   host: 10.0.0.6
  #   signals:
  #     - { id: energy/main/power, table: holding-register, address: 100, type: float32, unit: kW }

  # broker:
  #   kind: mqtt
  #   format: plain
  #   url: mqtts://10.0.0.7:8883
  #   signals:
  #     - { id: hall/temperature, topic: hall/temperature, unit: Cel, expectedPeriod: 1min }  # ${words.expected}
`
}
