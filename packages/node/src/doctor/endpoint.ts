// SPDX-License-Identifier: Apache-2.0

export interface EndpointSource {
  /** The variable that says where to send, or would. */
  readonly variable: string
  /** Undefined if it is not set. */
  readonly value: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Where the address comes from, as far as the environment says: that for traces beats the general one. */
export function endpointSource(env: Environment): EndpointSource {
  const general = 'OTEL_EXPORTER_OTLP_ENDPOINT'
  for (const variable of ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', general]) {
    const value = env[variable]?.trim()
    if (value) return { variable, value }
  }
  return { variable: general, value: undefined }
}

/** For the line that says where spans go. `read` are the variables that somebody asks for. */
export function endpointText(env: Environment, read: readonly string[]): string {
  const { value } = endpointSource(env)
  if (value !== undefined) return value
  const protocol = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'].find((name) => env[name]?.trim())
  const isGrpc = protocol !== undefined && read.includes(protocol) && env[protocol]?.trim() === 'grpc'
  return isGrpc ? 'http://localhost:4317 (the default of gRPC)' : 'http://localhost:4318 (the default)'
}
