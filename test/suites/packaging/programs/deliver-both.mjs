// SPDX-License-Identifier: Apache-2.0
// Both formats in one process: the processor of one, and flush of the other.
import { createRequire } from 'node:module'
import { trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { createSpanProcessor } from '@spanring/node'

const commonJs = createRequire(import.meta.url)('@spanring/node')
const spanProcessors = [createSpanProcessor(), commonJs.createSpanProcessor()]
new NodeSDK({ spanProcessors }).start()
trace.getTracer('program').startSpan('work').end()
console.log(`delivered ${await commonJs.flush()} ${createSpanProcessor === commonJs.createSpanProcessor ? 1 : 2}`)
process.exit(0)
