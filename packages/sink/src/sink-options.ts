// SPDX-License-Identifier: Apache-2.0

export interface SinkOptions {
  /** The port of OTLP/HTTP. Default: 0, any free port. The address is always 127.0.0.1. */
  readonly port?: number | undefined
  /** Whether to listen for OTLP/gRPC as well, on another free port. Default: false. */
  readonly grpc?: boolean | undefined
  /** 'count' reads only the ids of spans, and keeps no spans. Default: 'spans'. */
  readonly keep?: 'spans' | 'count' | undefined
  /** How many spans are kept. The oldest are forgotten first. Default: 200,000. */
  readonly maxKeptSpans?: number | undefined
  /** A larger body, compressed or decompressed, is answered with 413. Default: 64 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** Whether to answer 400 to fields that are not in the schema. By OTLP, receivers ignore them. Default: false. */
  readonly strict?: boolean | undefined
}

export type ResolvedSinkOptions = Readonly<{ [Name in keyof SinkOptions]-?: Exclude<SinkOptions[Name], undefined> }>

/** Throws a RangeError for unknown options, most importantly for `host`: the sink can only be reached from this machine. */
export function resolveOptions(options: SinkOptions): ResolvedSinkOptions {
  const {
    port = 0,
    grpc = false,
    keep = 'spans',
    maxKeptSpans = 200_000,
    maxBodyBytes = 2 ** 26,
    strict = false,
    ...rest
  } = options
  for (const name of Object.keys(rest)) throw new RangeError(`a sink has no option ${name}`)
  checkRange('port', port, 65_535)
  checkRange('maxKeptSpans', maxKeptSpans, 2 ** 24)
  checkRange('maxBodyBytes', maxBodyBytes, 2 ** 30)
  if (keep !== 'spans' && keep !== 'count') throw new RangeError(`keep is ${String(keep)}; must be spans or count`)
  return { port, grpc, keep, maxKeptSpans, maxBodyBytes, strict }
}

function checkRange(name: string, value: number, maximum: number): void {
  if (!Number.isInteger(value) || value < 0 || value > maximum) throw new RangeError(`${name} is ${value}; must be 0..${maximum}`)
}
