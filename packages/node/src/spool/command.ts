// SPDX-License-Identifier: Apache-2.0
import { empty } from './empty.js'
import { list } from './list.js'
import { parseArguments } from './parse-arguments.js'
import { replay } from './replay.js'

const HELP = `Usage: spanring spool list [directory] [--json]
       spanring spool replay [directory] [--endpoint URL] [--header name=value]... [--wait seconds]
       spanring spool empty [directory] --yes [--wait seconds]

Looks after spans that processes have left on disk because the backend was down. The directory is that of the
option spool of the exporter; default: SPANRING_SPOOL_DIRECTORY.

  list    shows what each process has left, and whether it is running. Changes nothing.
  replay  delivers what dead processes have left, oldest first, to where the variables OTEL_EXPORTER_OTLP_* say, with
          their headers, certificates and compression. --endpoint and --header come before them. What cannot be
          delivered stays. Ctrl-C waits for the answers that are due; the rest stays.
  empty   deletes what dead processes have left.

What a running process has is never touched: it delivers that itself. Of a process in another container, or from before
the last start of this machine, it takes half a minute to know whether it is dead. --wait: how long to go on while
nothing happens; default 45 seconds.

Exit code: 0 if nothing is left to do, 1 if something is left or failed, 2 if the command line is wrong.
`

/** Runs `spanring spool` with these arguments. Returns the exit code; rejects with what went wrong. */
export async function spoolCommand(args: readonly string[]): Promise<number> {
  const { stdout, stderr } = process
  if (args.includes('--help')) {
    stdout.write(HELP)
    return 0
  }
  const parsed = parseArguments(args, process.env)
  if (typeof parsed === 'string') {
    stderr.write(`spanring spool: ${parsed}\n\n${HELP}`)
    return 2
  }
  try {
    if (parsed.action === 'list') return await list(parsed)
    return await (parsed.action === 'replay' ? replay(parsed) : empty(parsed))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    stderr.write(`spanring spool: ${parsed.directory} cannot be used: ${why}\n`)
    return 1
  }
}
