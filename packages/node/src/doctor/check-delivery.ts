// SPDX-License-Identifier: Apache-2.0
import { NOT_OTLP, SPANS_REJECTED } from '@spanring/core/warning-codes'
import type { Environment } from '../environment.js'
import { endpointSource } from './endpoint.js'
import { explainFailure } from './explain-failure.js'
import { fault, note, ok } from './finding.js'
import type { Finding } from './finding.js'
import type { ProbeReport } from './probe-report.js'
import { excerpt } from './redact.js'
import type { Warning } from './warning.js'

/** Finds out what became of the test span, and why. */
export async function checkDelivery(
  { testSpan, millis, read }: ProbeReport,
  warnings: readonly Warning[],
  env: Environment,
): Promise<Finding> {
  if (testSpan === 'none') {
    return fault(
      'Nothing starts tracing in this set-up, so no span is created.',
      'Give this command the options with which node starts your application, for example: spanring doctor --import @spanring/node/register',
    )
  }
  if (testSpan === 'unsampled') return note('The sampler drops the test span (see OTEL_TRACES_SAMPLER), so nothing was sent.')
  if (testSpan === 'accepted') {
    const flaw = checkAnswer(warnings, env)
    if (flaw !== undefined) return flaw
  }
  const failed = testSpan === 'accepted' ? stockFailure(warnings) : testSpan
  if (failed !== undefined) {
    const { what, advice } = await explainFailure(failed, read, env)
    return fault(`The test span was not delivered: ${what}`, advice)
  }
  return ok(`The test span was accepted, ${Math.round(millis)} ms after it ended.`)
}

/** What the stock exporter logs about an answer that it cannot read. The answer is at the end of the line. */
const STOCK_NOT_OTLP = /could not deserialize response/
/** What the stock exporter logs about a partial success with rejected spans. */
const STOCK_REJECTED = /Partial Success response: .*"rejectedSpans":"?[1-9]/

/** What is wrong with an answer that has a success status. Both exporters log a warning, and the export succeeds. */
function checkAnswer(warnings: readonly Warning[], env: Environment): Finding | undefined {
  const rejected = warnings.find(({ isOurs, code, text }) => code === SPANS_REJECTED || (!isOurs && STOCK_REJECTED.test(text)))
  if (rejected !== undefined) return fault(`The backend rejected the test span: ${excerpt(rejected.text, env)}`)
  // Some backends answer `{}`, which the stock exporter cannot read as protobuf.
  const foreign = warnings.find(
    ({ isOurs, code, text }) => code === NOT_OTLP || (!isOurs && STOCK_NOT_OTLP.test(text) && !text.endsWith(' {}')),
  )
  if (foreign === undefined) return undefined
  return fault(
    `What accepted the test span is not an OTLP backend: ${excerpt(foreign.text, env)}`,
    `A login page, a proxy or another service answers like that. Check host, port and path in ${endpointSource(env).variable}.`,
  )
}

/** A stock processor does not tell its callers that an export failed. It only logs the failure through `diag`. */
function stockFailure(warnings: readonly Warning[]): { error: string } | undefined {
  const failed = warnings.find(
    ({ text }) => /export|ECONNREFUSED/i.test(text) && /fail|error/i.test(text) && !STOCK_NOT_OTLP.test(text),
  )
  return failed && { error: failed.text }
}
