// SPDX-License-Identifier: Apache-2.0
import type { SpanExporter } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import type { OTLPTraceExporterOptions } from '@spanring/otlp-exporter'
import { INVALID_SETTING, MISSING_PACKAGE } from '@spanring/core/warning-codes'
import { list, variable } from '../environment.js'
import { findBehind, findPackage } from '../installed-packages.js'
import { logToStderr, messageOf } from '../stderr.js'

export interface NamedExporter {
  readonly exporter: SpanExporter
  /** Whether it prints spans, so that it should get each one at once. */
  readonly isConsole: boolean
}

/** The exporters that `OTEL_TRACES_EXPORTER` names, in that order. Reports those that cannot be loaded on stderr. */
export function exportersFromEnvironment(otlp: OTLPTraceExporterOptions = {}): NamedExporter[] {
  const names = list('OTEL_TRACES_EXPORTER')
  if (names.includes('none')) {
    if (names.length > 1) logToStderr('WARN', 'OTEL_TRACES_EXPORTER combines none with other names; no spans are exported')
    return []
  }
  const exporters = (names.length === 0 ? ['otlp'] : names).flatMap((name) => {
    const exporter = exporterOf(name, otlp)
    return exporter === undefined ? [] : [{ exporter, isConsole: name === 'console' }]
  })
  if (exporters.length === 0) logToStderr('ERROR', 'no exporter is left, so no traces are sent')
  return exporters
}

function exporterOf(name: string, otlp: OTLPTraceExporterOptions): SpanExporter | undefined {
  switch (name) {
    case 'otlp':
      return isGrpc(otlp)
        ? stockExporter('OTLPTraceExporter', 'OTEL_EXPORTER_OTLP_PROTOCOL is grpc', '@opentelemetry/exporter-trace-otlp-grpc')
        : new OTLPTraceExporter(otlp)
    case 'console':
      return stockExporter('ConsoleSpanExporter', wanted(name), '@opentelemetry/sdk-trace', '@opentelemetry/sdk-trace-base')
    case 'zipkin':
      return stockExporter('ZipkinExporter', wanted(name), '@opentelemetry/exporter-zipkin')
    default:
      logToStderr(
        'WARN',
        `${INVALID_SETTING} OTEL_TRACES_EXPORTER has ${JSON.stringify(name)}; must be otlp, console, zipkin or none; left out`,
      )
      return undefined
  }
}

function wanted(name: string): string {
  return `OTEL_TRACES_EXPORTER has ${name}`
}

function isGrpc({ protocol }: OTLPTraceExporterOptions): boolean {
  if (protocol !== undefined) return false
  return (variable('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? variable('OTEL_EXPORTER_OTLP_PROTOCOL')) === 'grpc'
}

/** An exporter of OpenTelemetry, from the first of the packages that the application or its `NodeSDK` depends on. */
function stockExporter(className: string, why: string, ...packages: [string, ...string[]]): SpanExporter | undefined {
  const sdk = findPackage('@opentelemetry/sdk-node')
  for (const name of packages) {
    try {
      const found = findPackage(name) ?? (sdk && findBehind(sdk, name))
      const Exporter = found?.load()[className] as (new () => SpanExporter) | undefined
      if (Exporter !== undefined) return new Exporter()
    } catch (error) {
      logToStderr('ERROR', `${MISSING_PACKAGE} ${why}, but ${name} cannot be loaded: ${messageOf(error)}`)
      return undefined
    }
  }
  logToStderr('ERROR', `${MISSING_PACKAGE} ${why}, which needs a package that is not installed: npm install ${packages[0]}`)
  return undefined
}
