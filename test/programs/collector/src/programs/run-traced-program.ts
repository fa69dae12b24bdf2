// SPDX-License-Identifier: Apache-2.0
// The traced program through one pipeline: SDK line, contender, protocol, URL.
import { loadSdk } from '@spanring/sdk-lines'
import type { SdkLine } from '@spanring/sdk-lines'
import { runTracedProgram } from '@spanring/traced-program'
import type { Contender } from '../contender.js'
import { send } from './messages.js'
import { createPipeline } from './pipelines.js'
import type { Protocol } from './pipelines.js'

const [line, contender, protocol, url = ''] = process.argv.slice(2)
const sdk = await loadSdk(line as SdkLine)
const program = runTracedProgram(sdk, createPipeline(sdk, contender as Contender, { protocol: protocol as Protocol, url }))
await program.forceFlush()
await program.shutdown()
send({ report: { ended: program.spanIds.length } })
process.disconnect()
