// SPDX-License-Identifier: Apache-2.0
import type { Environment } from '../environment.js'
import { fault, note } from './finding.js'
import type { Finding } from './finding.js'
import type { ProbeReport } from './probe-report.js'

const EXPORTERS = ['otlp', 'console', 'zipkin']

/** Finds a variable because of which there is nothing to send. Undefined if there is none, or if nothing reads it. */
export function checkSwitches(env: Environment, { read, testSpan }: ProbeReport): Finding | undefined {
  const valueOf = (name: string): string => (read.includes(name) ? (env[name] ?? '').trim() : '')
  if (valueOf('OTEL_SDK_DISABLED').toLowerCase() === 'true' && testSpan === 'none') {
    return fault('OTEL_SDK_DISABLED=true switches tracing off.', 'Unset it where traces are wanted.')
  }
  const exporters = valueOf('OTEL_TRACES_EXPORTER')
  const names = exporters.split(',').map((name) => name.trim())
  if (names.includes('none')) {
    return fault(
      `OTEL_TRACES_EXPORTER=${exporters} switches traces off.`,
      'Set it to otlp, or unset it, where traces are wanted.',
    )
  }
  if (exporters !== '' && (testSpan === 'none' || !names.some((name) => EXPORTERS.includes(name)))) {
    return fault(
      `OTEL_TRACES_EXPORTER=${exporters} leaves no exporter, so no traces will be sent.`,
      'Set it to otlp, or unset it: otlp is the default.',
    )
  }
  const sampler = valueOf('OTEL_TRACES_SAMPLER')
  const samplesNone = sampler.endsWith('traceidratio') && Number(valueOf('OTEL_TRACES_SAMPLER_ARG') || 1) === 0
  if (testSpan !== 'unsampled' || !(sampler.endsWith('always_off') || samplesNone)) return undefined
  const what = `OTEL_TRACES_SAMPLER=${sampler}${samplesNone ? ' with OTEL_TRACES_SAMPLER_ARG=0' : ''} samples nothing`
  // Traces that callers have sampled are still recorded, so this may be intended.
  if (sampler.startsWith('parentbased_')) return note(`${what} that begins here, so no test span was sent.`)
  return fault(`${what}.`, 'Set it to parentbased_always_on, or unset it, where traces are wanted.')
}
