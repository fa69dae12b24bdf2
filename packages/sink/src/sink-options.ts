// SPDX-License-Identifier: Apache-2.0

export interface SinkOptions {
  /** Of OTLP/HTTP; default 0, any free port. The address is always 127.0.0.1. */
  readonly port?: number | undefined
  /** Also listen for OTLP/gRPC, on a free port of its own; default false. */
  readonly grpc?: boolean | undefined
  /** 'count' keeps no spans and reads of each only its ids; default 'spans'. */
  readonly keep?: 'spans' | 'count' | undefined
  /** Past this the oldest are forgotten; default 200,000. */
  readonly maxKeptSpans?: number | undefined
  /** A larger body, compressed or not, is answered with 413; default 64 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** Answer 400 to a request with fields that the schema does not have, which OTLP has receivers ignore; default false. */
  readonly strict?: boolean | undefined
}

export type ResolvedSinkOptions = Readonly<{ [Name in keyof SinkOptions]-?: Exclude<SinkOptions[Name], undefined> }>

/** Throws a RangeError for options that do not exist: a `host` above all, because the sink is reachable from this machine only. */
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
