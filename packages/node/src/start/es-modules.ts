// SPDX-License-Identifier: Apache-2.0
import * as module from 'node:module'
import { pathToFileURL } from 'node:url'
import { NO_ES_MODULES } from '@spanring/core/warning-codes'
import { findBehind } from '../installed-packages.js'
import type { InstalledPackage } from '../installed-packages.js'
import { logToStderr, messageOf } from '../stderr.js'
import { preloadsOfHooksThread } from './preloads.js'

const INSTRUMENTATION = '@opentelemetry/instrumentation'

/** Loader hooks that run in the application's thread. Only newer versions of the package and of Node.js have them. */
interface HooksInThread {
  readonly supportsSyncHooks?: () => boolean
  readonly register?: () => void
}

/**
 * Instruments what ES modules import. By default instrumentations hook `require`, which imports bypass. The hook must come
 * from the copy of the base package that the instrumentations use: a hook of another copy would not know which modules they
 * ask for.
 */
export function instrumentEsModules(instrumentations: InstalledPackage): void {
  try {
    if (!hookInThread(instrumentations)) hookFromOtherThread(instrumentations)
  } catch (error) {
    logToStderr('WARN', `${NO_ES_MODULES} names imported from ES modules are not instrumented: ${messageOf(error)}`)
  }
}

/** Returns false if there are no hooks that run in the application's thread. */
function hookInThread(instrumentations: InstalledPackage): boolean {
  if (!('registerHooks' in module)) return false
  const base = findBehind(instrumentations, INSTRUMENTATION)
  const found = base && findBehind(base, 'import-in-the-middle/register-hooks.mjs')
  const { supportsSyncHooks, register } = (found?.load() ?? {}) as HooksInThread
  if (register === undefined || supportsSyncHooks?.() !== true) return false
  register()
  return true
}

/** The other thread runs preloads of the application again. A preload that opens a fixed port would hang it for ever. */
function hookFromOtherThread(instrumentations: InstalledPackage): void {
  const repeated = preloadsOfHooksThread(process.execArgv, process.env['NODE_OPTIONS'] ?? '')
  if (repeated.length > 0) {
    const why = `this version of Node.js would run ${repeated.join(', ')} twice`
    logToStderr(
      'WARN',
      `${NO_ES_MODULES} names imported from ES modules are not instrumented, because ${why}; preload with --import, not with --require`,
    )
    return
  }
  const hook = findBehind(instrumentations, `${INSTRUMENTATION}/hook.mjs`)
  if (hook) module.register(pathToFileURL(hook.file))
}
