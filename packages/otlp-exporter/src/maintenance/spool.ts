// SPDX-License-Identifier: Apache-2.0
// For programs that look after the directory of a spool from outside, as `spanring spool` does.
export { inspectSpool } from '../spool/spool.js'
export type { SpoolOwner } from '../spool/spool.js'
export { emptySpool } from './empty-spool.js'
export type { EmptiedSpool, EmptyOptions } from './empty-spool.js'
export { replaySpool } from './replay-spool.js'
export type { ReplayOptions, ReplayProgress } from './replay-spool.js'
