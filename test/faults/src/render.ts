// SPDX-License-Identifier: Apache-2.0
import { table } from './document.js'
import type { Rows } from './document.js'
import { BACKENDS, ENDINGS, HOW } from './ends/ending.js'
import { SCENARIOS } from './scenarios/index.js'

/** In a cell of a row that has no result yet. */
export const NOT_RUN = 'not run yet'

const FAULTS = ['#', 'what goes wrong', 'stock, SDK 2.12', 'stock, SDK 3.1', 'spanring, SDK 2.12']
const ENDS = ['#', 'the process', 'its backend is', 'stock, SDK 2.12', 'spanring, SDK 2.12']

/** The document from the rows that are known. */
export function render(rows: Rows): string {
  const faults = SCENARIOS.map(({ id, title }) => rows.get(id) ?? [id, title, NOT_RUN, NOT_RUN, NOT_RUN])
  const ends = ENDINGS.map(({ id, how, backend }) => rows.get(id) ?? [id, HOW[how], BACKENDS[backend], NOT_RUN, NOT_RUN])
  return `# What happens when things go wrong

Two tables of faults that a span pipeline meets in production, and what three pipelines make of them: the stock
BatchSpanProcessor with the stock OTLP/protobuf exporter, of SDK 2.12 and of SDK 3.1, and the processor and exporter of
spanring on SDK 2.12. Each cell is the result of a program that was run, in a process of its own, with real sockets,
processes and timers; nobody wrote it by hand.

    npm run faults            # every row; some six minutes
    npm run faults -- 12 E3   # the rows of fault 12, and row E3

The programs are in [test/faults](../test/faults/src/scenarios). \`npm test\` runs them with spanring and fails for anything
that would be in bold here.

**How to read it.** In bold is what should not happen: a wait that does not end, spans that are lost without a count, a
process that dies or does not end, sockets and timers that are left, and what the fault itself forbids. Everything else
is what was seen. Time-outs are short (0.2 s for an export unless said otherwise) and the same for all three, so a wait
that still has not settled after 5 s is called a hang. *Delivered* are spans that the backend took, or that the
exporter of the test reported as exported. *Counted as lost* are spans in a count of the pipeline: of spanring in
\`stats()\`, of the stock processor in its metric \`otel.sdk.processor.span.processed\`, which needs a MeterProvider and was
given one. *Said in the log* means a warning or an error through the SDK's \`diag\`. Where it says what a span is counted
as, the word is the pipeline's own. \`shutdown\` of spanring was given a limit of 1 s; that of the stock processor has none.

## Faults

${table(FAULTS, faults)}

## Ends of a process

An application ends 2,000 spans a second and after half a second it ends itself. *Arrive* are the spans that the backend
has read. Spans still queued when a process dies without a shutdown are gone with any processor; spanring knows how many
they were, and nobody is left to ask it.

${table(ENDS, ends)}
`
}
