// SPDX-License-Identifier: Apache-2.0
export type { ProcessorStats } from '@spanring/batch-span-processor'
export { flush } from './pipeline/flush.js'
export type { FlushOptions } from './pipeline/flush.js'
export { createSpanProcessor } from './pipeline/create-span-processor.js'
export type { SpanProcessorOptions } from './pipeline/create-span-processor.js'
export type { SpanProcessor } from './pipeline/composite-processor.js'
export { stats } from './pipeline/thread-processors.js'
