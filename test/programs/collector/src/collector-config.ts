// SPDX-License-Identifier: Apache-2.0
import type { BuiltCollector } from './build-collector.js'
import { CONTENDERS } from './contender.js'
import type { Contender } from './contender.js'

export interface CollectorOptions {
  readonly tls?: boolean
  /** Refuse bodies that are not compressed. */
  readonly gzipOnly?: boolean
  /** Refuse spans while the heap is larger, in MiB. */
  readonly memoryLimitMebibytes?: number
  /** For how long the batch processor holds spans back; default 200 ms. */
  readonly batchMillis?: number
}

export interface ContenderPorts {
  readonly http: number
  readonly grpc: number
}

/** Two pipelines that share nothing but the process. JSON is YAML. */
export function collectorConfig(
  { certificate, key }: BuiltCollector,
  { tls, gzipOnly, memoryLimitMebibytes, batchMillis = 200 }: CollectorOptions,
  ports: Readonly<Record<Contender, ContenderPorts>>,
  files: Readonly<Record<Contender, string>>,
): string {
  const each = <T>(kind: string, make: (contender: Contender) => T): Record<string, T> =>
    Object.fromEntries(CONTENDERS.map((contender) => [`${kind}/${contender}`, make(contender)]))
  const common = tls ? { tls: { cert_file: certificate, key_file: key } } : {}
  const limiter = memoryLimitMebibytes !== undefined
  return JSON.stringify({
    receivers: each('otlp', (contender) => ({
      protocols: {
        http: {
          ...common,
          endpoint: `127.0.0.1:${ports[contender].http}`,
          ...(gzipOnly && { compression_algorithms: ['gzip'] }),
        },
        grpc: { ...common, endpoint: `127.0.0.1:${ports[contender].grpc}` },
      },
    })),
    processors: {
      batch: { timeout: `${batchMillis}ms`, send_batch_size: batchMillis > 200 ? 1e6 : 512 },
      ...(limiter && { memory_limiter: { check_interval: '50ms', limit_mib: memoryLimitMebibytes, spike_limit_mib: 1 } }),
    },
    exporters: {
      // What the collector wrote before it was restarted stays.
      ...each('file', (contender) => ({ path: files[contender], append: true })),
      debug: {},
    },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: each('traces', (contender) => ({
        receivers: [`otlp/${contender}`],
        processors: limiter ? ['memory_limiter', 'batch'] : ['batch'],
        exporters: [`file/${contender}`, 'debug'],
      })),
    },
  })
}
