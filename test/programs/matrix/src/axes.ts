// SPDX-License-Identifier: Apache-2.0

export interface SdkLine {
  readonly name: string
  /** What an application of this line has installed, in pinned versions. */
  readonly packages: Readonly<Record<string, string>>
}

const stockExporters = (http: string, proto = http, grpc = http): Record<string, string> => ({
  '@opentelemetry/exporter-trace-otlp-grpc': grpc,
  '@opentelemetry/exporter-trace-otlp-http': http,
  '@opentelemetry/exporter-trace-otlp-proto': proto,
})

export const SDK_LINES: readonly SdkLine[] = [
  {
    name: '1.30',
    packages: {
      '@opentelemetry/api': '1.9.0',
      '@opentelemetry/resources': '1.30.1',
      '@opentelemetry/sdk-trace-base': '1.30.1',
      ...stockExporters('0.57.2'),
    },
  },
  {
    name: '2.0',
    packages: {
      '@opentelemetry/api': '1.9.0',
      '@opentelemetry/resources': '2.0.1',
      '@opentelemetry/sdk-trace-base': '2.0.1',
      ...stockExporters('0.203.0'),
    },
  },
  {
    name: '2.12',
    packages: {
      '@opentelemetry/api': '1.9.1',
      '@opentelemetry/resources': '2.12.1',
      '@opentelemetry/sdk-trace-base': '2.12.1',
      ...stockExporters('0.223.1'),
    },
  },
  {
    name: '3.0',
    packages: {
      '@opentelemetry/api': '1.10.0',
      '@opentelemetry/resources': '3.0.0',
      '@opentelemetry/sdk-trace': '3.0.0',
      ...stockExporters('0.300.0'),
    },
  },
  {
    name: '3.1',
    packages: {
      '@opentelemetry/api': '1.10.0',
      '@opentelemetry/resources': '3.1.1',
      '@opentelemetry/sdk-trace': '3.1.1',
      ...stockExporters('0.301.0', '0.301.1'),
    },
  },
]

export interface Runtime {
  readonly name: string
  /** Of the package that carries it. */
  readonly package: string
  readonly version: string
  /** Of the executable, in the package. */
  readonly executable: string
  /** Before the program. */
  readonly args: readonly string[]
}

const platform = process.platform === 'win32' ? 'win' : process.platform
const nodePackage = `node-${platform}-${process.arch}`
const isWindows = process.platform === 'win32'

/** Node.js as npm carries it, so that nothing need be installed. */
function node(name: string, version: string): Runtime {
  return { name, package: nodePackage, version, executable: isWindows ? 'bin/node.exe' : 'bin/node', args: [] }
}

const cpu = process.arch === 'arm64' ? 'aarch64' : process.arch
const glibc = process.platform === 'linux' ? '-glibc' : ''

export const RUNTIMES: readonly Runtime[] = [
  node('Node 20', '20.19.0'),
  node('Node 22', '22.23.3'),
  node('Node 24', '24.21.0'),
  node('Node 26', '26.10.0'),
  {
    name: 'Bun',
    package: `@oven/bun-${isWindows ? 'windows' : process.platform}-${cpu}`,
    version: '1.4.5',
    executable: isWindows ? 'bin/bun.exe' : 'bin/bun',
    args: [],
  },
  {
    name: 'Deno',
    package: `@deno/${process.platform}-${process.arch}${glibc}`,
    version: '2.9.6',
    executable: isWindows ? 'deno.exe' : 'deno',
    args: ['run', '--allow-all', '--node-modules-dir=manual', '--no-lock', '--quiet'],
  },
]

export const FORMATS = ['ES modules', 'CommonJS'] as const
export type Format = (typeof FORMATS)[number]

/** The last one sends from the export thread. */
export const EXPORTERS = [
  'stock JSON',
  'stock protobuf',
  'stock gRPC',
  'spanring protobuf',
  'spanring JSON',
  'spanring thread',
] as const
export type Exporter = (typeof EXPORTERS)[number]

export const PROCESSORS = ['stock', 'spanring'] as const
export type Processor = (typeof PROCESSORS)[number]

export interface Combination {
  readonly exporter: Exporter
  readonly processor: Processor
}

/** What one process runs, one after the other. */
export const COMBINATIONS: readonly Combination[] = EXPORTERS.flatMap((exporter) =>
  PROCESSORS.map((processor) => ({ exporter, processor })),
)
/** With what all others of an SDK line are compared. */
export const REFERENCE: Combination = { exporter: 'stock protobuf', processor: 'stock' }
