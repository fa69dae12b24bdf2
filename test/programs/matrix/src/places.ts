// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

export const WORKSPACE: string = fileURLToPath(new URL('../../../../../', import.meta.url))
/** What npm has installed, and is kept: not part of the repository. */
export const CACHE: string = fileURLToPath(new URL('../../.cache/', import.meta.url))
/** The program of every process, to be bundled. */
export const CELL: string = fileURLToPath(new URL('cell.js', import.meta.url))
export const DOCUMENT: string = fileURLToPath(new URL('../../../../../docs/compatibility.md', import.meta.url))
