// SPDX-License-Identifier: Apache-2.0
/**
 * Runs the service under the same load with stock and with spanring, processor and exporter, against a receiver that
 * counts. `--processor-only` keeps the stock exporter behind both, `--worker` lets spanring send from a thread of its own;
 * `--quick` for a short run, `--json` for a machine.
 * Exit code 1 if the accounting does not close.
 */
import { forkSink, type ReceivedSpan } from '@spanring/sink'
import { seededOrderCount } from './app/service.js'
import { comparisonTable } from './demo/comparison-table.js'
import { ContenderProcess } from './demo/contender-process.js'
import { integer, seconds } from './demo/format.js'
import { judge } from './demo/judge.js'
import { catalogueRows, type LoadShape, planLoad, queueSize } from './demo/load-plan.js'
import { Progress } from './demo/progress.js'
import { runContender } from './demo/run-contender.js'
import { telemetryDiff } from './demo/telemetry-diff.js'
import { drawTrace, pickTraces } from './demo/trace-tree.js'

const asJson = process.argv.includes('--json')
const quick = process.argv.includes('--quick')
const processorOnly = process.argv.includes('--processor-only')
const worker = process.argv.includes('--worker')
if (processorOnly && worker) throw new Error("--worker is an option of spanring's exporter, which --processor-only leaves out")
const telemetry = processorOnly ? 'spanring-processor' : worker ? 'spanring-worker' : 'spanring'
const shape: LoadShape = {
  warmUpMillis: quick ? 1000 : 2000,
  measuredMillis: quick ? 4000 : 10_000,
  requestsPerSecond: 60,
  orderCount: seededOrderCount,
}

const progress = new Progress(asJson ? process.stderr : process.stdout)
const startedAt = performance.now()
progress.done('The same service, twice. What differs in the code:')
for (const line of telemetryDiff(telemetry)) progress.done(`  ${line}`)
progress.done('')
progress.done('Starting the sink, and for each contender the service and its database …')

const sink = await forkSink()
// Both before the load, so that neither runs on a machine that is busy with starting the other.
const contenders = await Promise.all([
  ContenderProcess.start('stock', 'stock', sink.url),
  ContenderProcess.start('spanring', telemetry, sink.url),
])
try {
  const plan = planLoad(shape)
  const stock = await runContender(contenders[0], sink, plan, shape, progress)
  await sink.reset()
  const spanring = await runContender(contenders[1], sink, plan, shape, progress)
  const spans = await sink.spans()
  const judgement = judge(stock, spanring)
  if (asJson) {
    console.log(JSON.stringify({ ...judgement, contenders: { stock, spanring }, sights: sights(spans) }))
  } else {
    print(['', ...comparisonTable(stock, spanring)])
    print(['', '? the stock processor has no call that tells; what it lost is ended less delivered'])
    print([
      `one import ends ${integer(catalogueRows)} spans in one stretch, and both queues have ${integer(queueSize)} places` +
        (processorOnly ? '' : '; behind its own exporter spanring keeps the rest as bytes'),
      ...(worker
        ? ['spanring sends from a thread of its own: the main thread encodes spans, and makes no request for them']
        : []),
      '',
    ])
    print(judgement.accounting)
    const [request, linked] = pickTraces(spans)
    print(['', `One request as the sink received it, trace ${request?.[0]?.traceId ?? 'none'}`])
    print(['(name, kind, instrumentation, start, duration):', ''])
    if (request) print([...drawTrace(request), ''])
    if (linked) print(['and a later trace that links to it:', '', ...drawTrace(linked), ''])
    print([...judgement.conclusion, '', `Took ${seconds(performance.now() - startedAt)}.`])
  }
  for (const fault of judgement.faults) console.error(`✗ ${fault}`)
  process.exitCode = judgement.faults.length > 0 ? 1 : 0
} catch (error) {
  for (const contender of contenders) contender.kill()
  throw error
} finally {
  await sink.close()
}

function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line)
}

/** How many spans of each kind and instrumentation, with exception events and links: what the test looks for. */
function sights(spans: readonly ReceivedSpan[]): Record<string, number> {
  const seen: Record<string, number> = {}
  const see = (what: string): number => (seen[what] = (seen[what] ?? 0) + 1)
  for (const span of spans) {
    see(`${span.scope.name} kind ${span.kind}`)
    for (const event of span.events) see(`event ${event.name}`)
    if (span.links.length > 0) see('link')
    if (span.status.code === 2) see('status error')
  }
  return seen
}
