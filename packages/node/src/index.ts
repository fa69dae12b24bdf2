// SPDX-License-Identifier: Apache-2.0
export type { ProcessorStats } from '@spanring/batch-span-processor'
export { flush } from './flush.js'
export type { FlushOptions } from './flush.js'
export { createSpanProcessor } from './span-processor.js'
export type { SpanProcessorOptions } from './span-processor.js'
export type { SpanProcessor } from './span-processors.js'
export { stats } from './stats.js'
