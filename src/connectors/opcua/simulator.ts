import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DataValue, DataValueOptions, NodeId, OPCUAServer, UAObject, UAVariable, VariantOptions } from 'node-opcua'
import type { Micros } from '../../core/time.ts'
import { REC20_NAMESPACE, unitIdFor } from '../../core/units/index.ts'
import { loadOpcua } from './library.ts'
import { ownCertificate } from './own-certificate.ts'

export type SimulatedType =
  | 'Boolean'
  | 'SByte'
  | 'Byte'
  | 'Int16'
  | 'UInt16'
  | 'Int32'
  | 'UInt32'
  | 'Int64'
  | 'UInt64'
  | 'Float'
  | 'Double'
  | 'String'
  | 'DateTime'
  | 'ByteString'
  | 'LocalizedText'
export type SimulatedValue = number | boolean | string | bigint | Date | Uint8Array | readonly number[]

export interface SimulatedVariable {
  /** Browse names below Objects: `Line1/Oven/Temp1`. Folders are made as needed. */
  readonly path: string
  /** `s=...` or `i=...` in the simulator's own namespace (1); `s=` and the path with dots when absent. */
  readonly nodeId?: string
  readonly dataType: SimulatedType
  /** Display name of its EngineeringUnits; their unitId is the Rec 20 code of the same unit, -1 where there is none. */
  readonly unit?: string
  /** Another unitId than the one that fits, as of a server set up wrongly. */
  readonly unitId?: number
  /** Limits of the instrument (EURange), needed for a deadband in percent. */
  readonly range?: readonly [number, number]
  /** An array of the type. */
  readonly array?: boolean
  /** The value, asked on every tick. */
  readonly value?: (nowMs: number) => SimulatedValue
  /** Status of the value on every tick; Good when absent. */
  readonly status?: (nowMs: number) => number
}

export interface SimulatorOptions {
  /** 0 picks a free port. */
  readonly port?: number
  readonly variables: readonly SimulatedVariable[]
  /** Where certificates are kept; a folder of its own, removed at the end, when absent. */
  readonly directory?: string
  readonly name?: string
  /** Ways in; all three modes when absent. */
  readonly modes?: readonly ('none' | 'sign' | 'sign-and-encrypt')[]
  readonly policies?: readonly ('Basic256Sha256' | 'Aes128_Sha256_RsaOaep' | 'Aes256_Sha256_RsaPss')[]
  readonly anonymous?: boolean
  /** Name and password accepted. */
  readonly users?: Readonly<Record<string, string>>
  /** User certificates accepted, DER. */
  readonly userCertificates?: readonly Uint8Array[]
  /** How often `value` is asked; never by itself when absent (see `tick`). */
  readonly periodMs?: number
  /** The simulated clock, of values and of ServerStatus.CurrentTime, in milliseconds since 1970; the machine's when absent. */
  readonly now?: () => number
  readonly limits?: {
    readonly maxMonitoredItemsPerCall?: number
    readonly maxNodesPerRead?: number
    readonly maxNodesPerBrowse?: number
    readonly maxBrowseContinuationPoints?: number
    readonly maxSessions?: number
  }
}

/** What to set: a value, or a value with its status (all 32 bits) and source time (undefined: none is sent). */
export type SetTo =
  | SimulatedValue
  | {
      readonly value: SimulatedValue | null
      readonly status?: number
      readonly sourceTime?: Micros | undefined
      readonly array?: boolean
      readonly dataType?: SimulatedType
    }

export interface OpcuaSimulator {
  readonly endpoint: string
  readonly port: number
  /** SHA-256 of its certificate, as `identity` shows it. */
  readonly sha256: string
  /** Sets one variable now, by path or node id. */
  set(variable: string, to: SetTo): void
  /** Asks every variable's function once. */
  tick(): void
  /** Adds a reference, e.g. to make a circle of folders. */
  link(fromPath: string, toPath: string): void
  stop(): Promise<void>
}

/** The whole library, server included. */
type Opcua = typeof import('node-opcua')

/** An OPC UA server on 127.0.0.1 whose values come from functions and from `set`; for tests, the demo and the bench. */
export async function startOpcuaSimulator(options: SimulatorOptions): Promise<OpcuaSimulator> {
  await loadOpcua() // takes it off the console
  const opcua = await import('node-opcua')
  const { X509Certificate } = await import('node:crypto')
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'opcua-simulator-')))
  const own = await ownCertificate(opcua, directory, options.name ?? 'simulator')
  const server = makeServer(opcua, options, own)
  await server.initialize()
  if (options.now) setServerClock(server, options.now)
  const plant = buildPlant(opcua, server, options)
  plant.tick()
  await server.start()
  const timer = options.periodMs === undefined ? undefined : setInterval(plant.tick, options.periodMs)
  const port = server.endpoints[0]?.port ?? 0
  return {
    endpoint: `opc.tcp://127.0.0.1:${port}`,
    port,
    sha256: new X509Certificate(own.der).fingerprint256,
    set: plant.set,
    tick: plant.tick,
    link: plant.link,
    async stop() {
      clearInterval(timer)
      await server.shutdown(0)
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true })
    },
  }
}

function makeServer(opcua: Opcua, options: SimulatorOptions, own: Awaited<ReturnType<typeof ownCertificate>>): OPCUAServer {
  const modes = {
    none: opcua.MessageSecurityMode.None,
    sign: opcua.MessageSecurityMode.Sign,
    'sign-and-encrypt': opcua.MessageSecurityMode.SignAndEncrypt,
  }
  const policies = options.policies ?? ['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss']
  const wanted = options.modes ?? ['none', 'sign', 'sign-and-encrypt']
  const { maxSessions = 50, maxBrowseContinuationPoints, ...operationLimits } = options.limits ?? {}
  return new opcua.OPCUAServer({
    port: options.port ?? 0,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    allowAnonymous: options.anonymous ?? true,
    securityModes: wanted.map((mode) => modes[mode]),
    securityPolicies: [
      ...(wanted.includes('none') ? [opcua.SecurityPolicy.None] : []),
      ...policies.map((policy) => opcua.SecurityPolicy[policy]),
    ],
    nodeset_filename: [opcua.nodesets.standard],
    certificateFile: own.certificateFile,
    privateKeyFile: own.privateKeyFile,
    // A toy on loopback takes every client; it is the client that has something to check.
    serverCertificateManager: new opcua.InMemoryCertificateStore({ autoAcceptUnknown: true }) as never,
    userCertificateManager: userStore(opcua, options.userCertificates ?? []) as never,
    serverInfo: { applicationUri: own.applicationUri, productUri: own.applicationUri },
    userManager: {
      isValidUser: (name: string, password: string) => Object.hasOwn(options.users ?? {}, name) && options.users?.[name] === password,
    },
    serverCapabilities: { maxSessions, ...(maxBrowseContinuationPoints && { maxBrowseContinuationPoints }), operationLimits },
  })
}

/** The server asks this store with a callback, and would otherwise keep one in the home folder. */
function userStore(opcua: Opcua, accepted: readonly Uint8Array[]): object {
  const verdict = (certificate: Uint8Array) => {
    const known = accepted.some((one) => Buffer.compare(one, certificate) === 0)
    return known ? opcua.StatusCodes.Good : opcua.StatusCodes.BadCertificateUntrusted
  }
  return Object.assign(new opcua.InMemoryCertificateStore({ autoAcceptUnknown: false }), {
    checkCertificate(certificate: Uint8Array, callback: (error: null, status: object) => void) {
      callback(null, verdict(certificate))
    },
  })
}

interface ServerStatus {
  $extensionObject: object
  readonly currentTime: { touchValue(): void }
}

function setServerClock(server: OPCUAServer, now: () => number): void {
  // The library reads ServerStatus.CurrentTime from the structure above it, and the machine's clock there.
  const status = server.engine.addressSpace?.findNode('ns=0;i=2256') as unknown as ServerStatus | undefined
  if (!status) return
  status.$extensionObject = new Proxy(status.$extensionObject, {
    get: (target, name) => {
      if (name !== 'currentTime') return Reflect.get(target, name)
      status.currentTime.touchValue()
      return new Date(now())
    },
  })
}

interface Plant {
  set: OpcuaSimulator['set']
  tick(): void
  link: OpcuaSimulator['link']
}

function buildPlant(opcua: Opcua, server: OPCUAServer, options: SimulatorOptions): Plant {
  const space = server.engine.addressSpace
  if (!space) throw new Error('the server has no address space')
  const own = space.getOwnNamespace()
  const folders = new Map<string, UAObject>([['', space.rootFolder.objects as unknown as UAObject]])
  const variables = new Map<string, { node: UAVariable; about: SimulatedVariable }>()
  const folder = (path: string): UAObject => {
    const known = folders.get(path)
    if (known) return known
    const cut = path.lastIndexOf('/')
    const made = own.addFolder(folder(cut < 0 ? '' : path.slice(0, cut)), {
      browseName: path.slice(cut + 1),
      nodeId: `s=folder.${path}`,
    }) as unknown as UAObject
    folders.set(path, made)
    return made
  }
  for (const about of options.variables) {
    const cut = about.path.lastIndexOf('/')
    const nodeId = about.nodeId ?? `s=${about.path.replaceAll('/', '.')}`
    const base = {
      organizedBy: folder(cut < 0 ? '' : about.path.slice(0, cut)),
      browseName: about.path.slice(cut + 1),
      nodeId,
      dataType: about.dataType,
      valueRank: about.array ? 1 : -1,
      minimumSamplingInterval: 0,
    }
    const { unit, range } = about
    const node =
      unit === undefined && range === undefined
        ? own.addVariable(base)
        : own.addAnalogDataItem({
            ...base,
            engineeringUnitsRange: { low: range?.[0] ?? -1e9, high: range?.[1] ?? 1e9 },
            engineeringUnits: Object.assign(opcua.makeEUInformation('', unit ?? '', unit ?? ''), {
              namespaceUri: REC20_NAMESPACE,
              unitId: about.unitId ?? unitIdFor(unit ?? ''),
            }),
          })
    const known = { node: node as unknown as UAVariable, about }
    variables.set(about.path, known)
    variables.set(nodeId, known)
    variables.set(`ns=1;${nodeId}`, known)
  }
  const now = options.now ?? Date.now
  const driven = options.variables.filter((about) => about.value).map((about) => variables.get(about.path))
  return {
    set(name, to) {
      const known = variables.get(name)
      if (!known) throw new Error(`the simulator has no variable ${name}`)
      put(known.node, toDataValue(opcua, known.about, to, now()))
    },
    tick() {
      const at = now()
      for (const known of driven) {
        if (!known?.about.value) continue
        const { value, status } = known.about
        put(known.node, toDataValue(opcua, known.about, { value: value(at), status: status?.(at) ?? 0, sourceTime: at * 1000 }, at))
      }
    },
    link(fromPath, toPath) {
      folder(fromPath).addReference({ referenceType: 'Organizes', nodeId: folder(toPath).nodeId as NodeId })
    },
  }
}

function put(node: UAVariable, value: DataValue): void {
  // The library's public setters refuse a wrong type and clean status and time; a simulator has to send what a bad device sends.
  ;(node as unknown as { _inner_replace_dataValue(value: DataValue): void })._inner_replace_dataValue(value)
}

function toDataValue(opcua: Opcua, about: SimulatedVariable, to: SetTo, nowMs: number): DataValue {
  const full = typeof to === 'object' && !Array.isArray(to) && !(to instanceof Date) && !ArrayBuffer.isView(to)
  const given = (full ? to : { value: to, sourceTime: nowMs * 1000 }) as Exclude<SetTo, SimulatedValue>
  const micros = 'sourceTime' in given ? given.sourceTime : nowMs * 1000
  const ms = micros === undefined ? 0 : Math.floor(micros / 1000)
  const options: DataValueOptions = {
    statusCode: opcua.coerceStatusCode(given.status ?? 0),
    serverTimestamp: new Date(nowMs),
    ...(micros !== undefined && { sourceTimestamp: new Date(ms), sourcePicoseconds: Math.round((micros - ms * 1000) * 1e6) }),
    ...(given.value !== null && {
      value: toVariant(opcua, given.dataType ?? about.dataType, given.value, given.array ?? about.array ?? false),
    }),
  }
  return new opcua.DataValue(options)
}

function toVariant(opcua: Opcua, dataType: SimulatedType, value: SimulatedValue, array: boolean): VariantOptions {
  return {
    dataType: opcua.DataType[dataType],
    arrayType: array ? opcua.VariantArrayType.Array : opcua.VariantArrayType.Scalar,
    value: typeof value === 'bigint' ? halves(value) : value,
  }
}

/** A 64-bit integer as the library wants it: two 32-bit halves, high first. */
function halves(value: bigint): [number, number] {
  const bits = BigInt.asUintN(64, value)
  return [Number(bits >> 32n), Number(bits & 0xffffffffn)]
}
