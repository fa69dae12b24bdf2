// SPDX-License-Identifier: Apache-2.0
// Preloaded with --import, so that it runs before the application.
import { NodeSDK } from '@opentelemetry/sdk-node'
import { createSpanProcessor } from '@spanring/node'

const sdk = new NodeSDK({ spanProcessors: [createSpanProcessor()] })
sdk.start()

// When nothing is left to do, the last spans go out.
process.once('beforeExit', () => void sdk.shutdown())
