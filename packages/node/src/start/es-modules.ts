// SPDX-License-Identifier: Apache-2.0
import * as module from 'node:module'
import { pathToFileURL } from 'node:url'
import { findBehind } from '../installed-packages.js'
import type { InstalledPackage } from '../installed-packages.js'
import { preloadsOfHooksThread } from './preloads.js'
import { messageOf, say } from '../stderr.js'

const INSTRUMENTATION = '@opentelemetry/instrumentation'

/** Hooks that run in the thread itself; not every version of the package has them, nor that of Node.js. */
interface HooksInThread {
  readonly supportsSyncHooks?: () => boolean
  readonly register?: () => void
}

/**
 * Imports pass through no `require`, where instrumentations look by default. The hook must be that of their own copy of
 * the base package: another would hook what nobody has asked for.
 */
export function instrumentEsModules(instrumentations: InstalledPackage): void {
  try {
    if (!hookInThread(instrumentations)) hookFromOtherThread(instrumentations)
  } catch (error) {
    say('WARN', `names imported from ES modules are not instrumented: ${messageOf(error)}`)
  }
}

/** False if there are no such hooks. */
function hookInThread(instrumentations: InstalledPackage): boolean {
  if (!('registerHooks' in module)) return false
  const base = findBehind(instrumentations, INSTRUMENTATION)
  const found = base && findBehind(base, 'import-in-the-middle/register-hooks.mjs')
  const { supportsSyncHooks, register } = (found?.load() ?? {}) as HooksInThread
  if (register === undefined || supportsSyncHooks?.() !== true) return false
  register()
  return true
}

/** That thread runs preloads of the application again: one that opens a fixed port would hang the application for ever. */
function hookFromOtherThread(instrumentations: InstalledPackage): void {
  const repeated = preloadsOfHooksThread(process.execArgv, process.env['NODE_OPTIONS'] ?? '')
  if (repeated.length > 0) {
    const what = `this version of Node.js would run ${repeated.join(', ')} twice for it`
    say('WARN', `names imported from ES modules are not instrumented, because ${what}; preload with --import, not --require`)
    return
  }
  const hook = findBehind(instrumentations, `${INSTRUMENTATION}/hook.mjs`)
  if (hook) module.register(pathToFileURL(hook.file))
}
