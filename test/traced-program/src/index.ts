// SPDX-License-Identifier: Apache-2.0
export { SeededIdGenerator } from './seeded-id-generator.js'
export { runTracedProgram } from './traced-program.js'
export type { SwappableProcessor, TracedProgram, TracedSdk } from './traced-program.js'
