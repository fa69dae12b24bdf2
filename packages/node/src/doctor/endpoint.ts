// SPDX-License-Identifier: Apache-2.0
import type { Environment } from '../environment.js'

export interface EndpointSource {
  /** The variable that sets the address, or would set it. */
  readonly variable: string
  /** Undefined if the variable is not set. */
  readonly value: string | undefined
}

/** Finds the variable that sets the address. The variable for traces overrides the general one. */
export function endpointSource(env: Environment): EndpointSource {
  const general = 'OTEL_EXPORTER_OTLP_ENDPOINT'
  for (const variable of ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', general]) {
    const value = env[variable]?.trim()
    if (value) return { variable, value }
  }
  return { variable: general, value: undefined }
}

/** Describes where spans go. `read` are the names of the variables that anything reads. */
export function endpointText(env: Environment, read: readonly string[]): string {
  const { value } = endpointSource(env)
  if (value !== undefined) return value
  const protocol = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'].find((name) => env[name]?.trim())
  const isGrpc = protocol !== undefined && read.includes(protocol) && env[protocol]?.trim() === 'grpc'
  return isGrpc ? 'http://localhost:4317 (the default of gRPC)' : 'http://localhost:4318 (the default)'
}
