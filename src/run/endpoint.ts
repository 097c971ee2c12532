/** What a person calls the other end: an endpoint, an URL, or a host and port. */
export function endpointOf(config: unknown): string {
  const { endpoint, url, file, host, port } = config as { endpoint?: string; url?: string; file?: string; host?: string; port?: number }
  return endpoint ?? url ?? file ?? (host ? `${host}:${port}` : '')
}
