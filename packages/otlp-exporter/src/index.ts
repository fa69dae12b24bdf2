// SPDX-License-Identifier: Apache-2.0
export type { ReadableSpan } from './readable-span.js'
