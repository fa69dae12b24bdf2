// SPDX-License-Identifier: Apache-2.0
// Preloaded with --require, so that it runs before the application.
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { createSpanProcessor } = require('@spanring/node')

const sdk = new NodeSDK({ spanProcessors: [createSpanProcessor()] })
sdk.start()

// When nothing is left to do, the last spans go out.
process.once('beforeExit', () => void sdk.shutdown())
