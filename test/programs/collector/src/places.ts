// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'

const packageDir = new URL('../../', import.meta.url)

export const MANIFEST: string = fileURLToPath(new URL('manifest.yaml', packageDir))
/** What is made once and kept: not part of the repository. */
export const BUILD_DIR: string = fileURLToPath(new URL('.build/', packageDir))
export const PACKAGE_DIR: string = fileURLToPath(packageDir)
