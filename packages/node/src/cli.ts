#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { diagnose } from './doctor/diagnose.js'
import { firstArgument } from './doctor/node-options.js'

const HELP = `Usage: spanring doctor [options of node]
       spanring spool list|replay|empty [directory]

doctor  checks the tracing of the application in this directory, with the variables that are set here, and sends
        one test span the way the application would. Give it the options of node that start your telemetry:

          npx spanring doctor --import @spanring/node/register
          npx spanring doctor --import ./telemetry.mjs

        It also uses the options in NODE_OPTIONS. It does not start the application.

spool   lists, delivers or deletes spans that processes have left on disk because the backend was down.
        More: spanring spool --help

Exit code: 0 if all is well, 1 if something is wrong or left, 2 if the command line is wrong.
`

const [command, ...options] = process.argv.slice(2)
const program = firstArgument(options)
if (command === 'spool') void spool()
else if (command === 'doctor' && !options.includes('--help')) {
  if (program === undefined) void doctor()
  else {
    process.stderr.write(
      `spanring doctor does not start the application: leave out ${program}, and pass only the options of node.\n`,
    )
    process.exitCode = 2
  }
} else {
  const isAsked = command === 'help' || process.argv.includes('--help')
  process[isAsked ? 'stdout' : 'stderr'].write(HELP)
  process.exitCode = isAsked ? 0 : 2
}

async function doctor(): Promise<void> {
  const { text, isHealthy } = await diagnose(options)
  process.stdout.write(text)
  process.exitCode = isHealthy ? 0 : 1
}

async function spool(): Promise<void> {
  try {
    // The doctor needs none of it, and works where what it loads is not installed.
    const { spoolCommand } = await import('./spool/command.js')
    process.exitCode = await spoolCommand(options)
  } catch (error) {
    process.stderr.write(`spanring spool: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
