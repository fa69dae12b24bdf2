#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { diagnose } from './doctor/diagnose.js'
import { firstArgument } from './doctor/node-options.js'

const HELP = `Usage: spanring doctor [options of node]

Looks at the tracing of the application in this directory, with the variables that are set here, and sends one test span
the way the application would. Give it the options of node that start your telemetry:

  npx spanring doctor --import @spanring/node/register
  npx spanring doctor --import ./telemetry.mjs

NODE_OPTIONS counts as well. Ends with 0 if all is well, with 1 if something is wrong, with 2 if it was called wrongly.
`

const [command, ...options] = process.argv.slice(2)
const program = firstArgument(options)
if (command === 'doctor' && !options.includes('--help')) {
  if (program === undefined) void doctor()
  else {
    process.stderr.write(
      `spanring doctor does not start the application: leave out ${program}, and give only the options of node.\n`,
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
