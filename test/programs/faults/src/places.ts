// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

// By name: the place is the same for whoever runs the sources and whoever runs the build.
const { resolve } = createRequire(import.meta.url)

export const RUN_SCENARIO: string = resolve('@spanring/faults/run-scenario')

export const RUN_ENDING: string = resolve('@spanring/faults/run-ending')

export const RUN_INHERITING: string = resolve('@spanring/faults/run-inheriting')

export const DOCUMENT: URL = new URL('../../../docs/faults.md', pathToFileURL(resolve('@spanring/faults/package.json')))
