// SPDX-License-Identifier: Apache-2.0
import { table } from './document.js'
import type { Rows } from './document.js'
import { BACKENDS, ENDINGS, HOW, SPOOL_ENDINGS } from './ends/ending.js'
import { SCENARIOS } from './scenarios/index.js'

/** In a cell of a row that has no result yet. */
export const NOT_RUN = 'not run yet'

/** For the export thread, in a row whose exporter is one of the test. */
export const NOTHING_SENT = 'n/a: no OTLP exporter'

const CONTENDERS = ['stock, SDK 2.12', 'stock, SDK 3.1', 'spanring, SDK 2.12', 'spanring with `worker: true`, SDK 2.12']
const FAULTS = ['#', 'what goes wrong', ...CONTENDERS]
const ENDS = [
  '#',
  'the process',
  'its backend is',
  'stock, SDK 2.12',
  'spanring, SDK 2.12',
  'spanring with `worker: true`, SDK 2.12',
]

const ENDS_WITH_SPOOL = ENDS.filter((column) => !column.startsWith('stock'))

/** The document from the rows that are known. */
export function render(rows: Rows): string {
  const faults = SCENARIOS.map(({ id, title }) => whole(rows.get(id) ?? [id, title, NOT_RUN, NOT_RUN, NOT_RUN, NOT_RUN]))
  const ends = ENDINGS.map(({ id, how, backend }) => rows.get(id) ?? [id, HOW[how], BACKENDS[backend], NOT_RUN, NOT_RUN, NOT_RUN])
  const spoolEnds = SPOOL_ENDINGS.map(
    ({ id, how, backend }) => rows.get(id) ?? [id, HOW[how], BACKENDS[backend], NOT_RUN, NOT_RUN],
  )
  return `# What happens when things go wrong

Tables of faults that a span pipeline meets in production, and what four pipelines make of them: the stock
BatchSpanProcessor with the stock OTLP/protobuf exporter, of SDK 2.12 and of SDK 3.1, and the processor and exporter of
spanring on SDK 2.12, sending from the thread of the application and from a thread of its own. Each cell is the result of a program that was run, in a process of its own, with real sockets,
processes and timers; nobody wrote it by hand.

    npm run faults            # every row; some nine minutes
    npm run faults -- 12 E3   # the rows of fault 12, and row E3

The programs are in [test/programs/faults](../test/programs/faults/src/scenarios). \`npm test\` runs them with spanring and fails for anything
that would be in bold here.

${score(faults)}

## How to read it

**In bold** is what should not happen: a wait that does not end, spans that are lost without a count, a process that dies
or does not end, sockets and timers that are left, and what the fault itself forbids. Everything else is what was seen.

- *Settles in* is the longest of the flushes and shutdowns of the row. Time-outs are short, 0.2 to 1 s for an export unless
  said otherwise, and the same for all, so what has not settled after 5 s is called a hang. \`shutdown\` of spanring
  was given a limit of 1 s; that of the stock processor has none.
- *Delivered* are spans that the backend took and answered for, or that the exporter of the test reported as exported.
- *Counted as lost* are spans in a count of the pipeline, under its own word for the reason: of spanring in \`stats()\`,
  of the stock processor in its metric \`otel.sdk.processor.span.processed\`, which needs a MeterProvider and was given one.
- In an outage, spanring stores spans beyond the deadline of their batch. A flush waits for them within its own time-out, and
  a shutdown makes one last attempt; what that does not deliver is counted as lost for the reason of the attempt, or as
  \`shutdown\`.
- *n/a: no OTLP exporter*: this row has an exporter of the test, which does not send over HTTP and so has no export thread.
- *Said in the log* is a warning or an error through the SDK's \`diag\`; *told to the caller alone* is a flush or a shutdown
  that rejects, with no such line.

## Faults

${table(FAULTS, faults.map(shortened))}

Where spanring is not the better one:

- An exporter that never answers cannot be cancelled. Its exports pile up with spanring too (5), one for each time-out;
  only nothing of them is held in memory.
- A flush that waits for what is under way can be made to wait for itself (36c). Its time-out ends that, at the price of
  the batch. The stock processor does not wait, so it cannot meet this, and says that spans are flushed that are not (33a).
- A shutdown that its caller cuts short (11, 12 and 31 allow 1 s) counts what is stored as lost, although its last attempt
  may still be under way, for as long as an attempt may take.
- Both stock pipelines stand ${faults
    .filter((cells) => stands(cells, 2) && stands(cells, 3))
    .map(([id]) => id)
    .join(', ')} as well.

## Ends of a process

An application ends 2,000 spans a second and after half a second it ends itself. *Arrive* are the spans that the backend
has read by then, and *says* is what stands on stderr with a console logger for warnings, cut where it is long.

${table(ENDS, ends)}

What is still queued when a process ends without a \`shutdown\` is gone with a processor that sends from the thread of the
application, and nobody is left to ask for its count; how much that is depends on when the last batch left. The stock
processor keeps a process for an export under way, spanring only while somebody awaits a flush or a shutdown; what is on a
socket keeps it in either case.

With \`worker: true\` another thread goes on running while the process ends. In the \`exit\` event, what is queued is handed over
to it and awaited, for at most \`exitFlushMillis\` (500) from the moment when it is ready: everything arrives, or is counted, as
lost or, if the backend has not answered by then, as in flight. That event also comes at \`process.exit()\` and after an exception
that nobody catches. It does not come if the process aborts or is killed by a signal that it does not handle, nor in a worker
thread of the application that is terminated.

## Ends of a process with a spool

The same application with \`spool: { directory }\`, which the stock exporter does not have. After its end the backend is healthy,
and a next process with the same directory follows. *Arrive* are the spans of the first that the backend has read by the end of
the second, and *twice* those of them that it has read twice.

${table(ENDS_WITH_SPOOL, spoolEnds)}

Nothing is written while the backend answers: what a process that is killed has queued or in requests at that moment is gone with it.
In every other end, what has no answer is written in the \`exit\` event. What was in a request by then may have arrived all the
same, and so arrives twice.
`
}

/** How many faults each of them stands. */
function score(faults: readonly (readonly string[])[]): string {
  const stood = CONTENDERS.map((name, index) => {
    const met = faults.filter((cells) => !cells[index + 2]?.startsWith('n/a'))
    return `${name}: ${met.filter((cells) => stands(cells, index + 2)).length} of ${met.length}`
  })
  return `Faults that end without anything in bold: ${stood.join('; ')}.`
}

function stands(cells: readonly string[], column: number): boolean {
  const cell = cells[column] ?? NOT_RUN
  return cell !== NOT_RUN && !cell.startsWith('n/a') && !cell.includes('**')
}

/** Both lines of the stock processor mostly do the same, and then the second cell says so. */
const SAME = 'the same'

function shortened(cells: readonly string[]): readonly string[] {
  return cells.map((cell, column) => (column === 3 && cell === cells[2] && cell !== NOT_RUN ? SAME : cell))
}

function whole(cells: readonly string[]): readonly string[] {
  return cells.map((cell, column) => (column === 3 && cell === SAME ? (cells[2] ?? NOT_RUN) : cell))
}
