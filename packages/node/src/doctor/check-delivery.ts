// SPDX-License-Identifier: Apache-2.0
import { endpointSource } from './endpoint.js'
import { excerpt } from './excerpt.js'
import { explainFailure } from './explain-failure.js'
import { fault, note, ok } from './finding.js'
import type { Finding } from './finding.js'
import type { ProbeReport } from './probe-report.js'

type Environment = Readonly<Record<string, string | undefined>>

/** What became of the test span, and why. `said` are the warnings and errors of the set-up. */
export async function checkDelivery(
  { testSpan, millis, read }: ProbeReport,
  said: readonly string[],
  env: Environment,
): Promise<Finding> {
  if (testSpan === 'none') {
    return fault(
      'Nothing starts tracing in this set-up, so no span is made.',
      'Give this command the options with which node starts your application, for example: spanring doctor --import @spanring/node/register',
    )
  }
  if (testSpan === 'unsampled') return note('The sampler drops the test span (see OTEL_TRACES_SAMPLER), so nothing was sent.')
  if (testSpan === 'accepted') {
    const refused = answerAmong(said, env)
    if (refused !== undefined) return refused
  }
  const failed = testSpan === 'accepted' ? failureAmong(said) : testSpan
  if (failed !== undefined) {
    const { what, advice } = await explainFailure(failed, read, env)
    return fault(`The test span was not delivered: ${what}`, advice)
  }
  return ok(`The test span was accepted, ${Math.round(millis)} ms after it ended.`)
}

/** What the stock exporter says of an answer that it cannot read, with the answer at the end; `{}` is fine. */
const ODD_ANSWER = /could not deserialize response/

/** In the words of spanring, and of the stock exporter. */
const REJECTED = /rejected \d+ of \d+ spans|Partial Success response: .*"rejectedSpans":"?[1-9]/

/** A fault of an answer that counts as success: that of spanring or the stock exporter says so in a warning only. */
function answerAmong(said: readonly string[], env: Environment): Finding | undefined {
  const rejected = said.find((line) => REJECTED.test(line))
  if (rejected !== undefined) return fault(`The backend has rejected the test span: ${excerpt(rejected, env)}`)
  const foreign = said.find((line) => /is not an OTLP response/.test(line) || (ODD_ANSWER.test(line) && !line.endsWith(' {}')))
  if (foreign === undefined) return undefined
  return fault(
    `What took the test span is no OTLP backend: ${excerpt(foreign, env)}`,
    `A login page, a proxy or another service answers like that. Check host, port and path in ${endpointSource(env).variable}.`,
  )
}

/** A stock processor keeps a failed export from whoever flushes, and says it through `diag` only. */
function failureAmong(said: readonly string[]): { error: string } | undefined {
  const error = said.find((line) => /export|ECONNREFUSED/i.test(line) && /fail|error/i.test(line) && !ODD_ANSWER.test(line))
  return error === undefined ? undefined : { error }
}
