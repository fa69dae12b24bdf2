// SPDX-License-Identifier: Apache-2.0
import * as module from 'node:module'
import { pathToFileURL } from 'node:url'
import { findBehind } from './installed-packages.js'
import type { InstalledPackage } from './installed-packages.js'
import { messageOf, say } from './say.js'

const INSTRUMENTATION = '@opentelemetry/instrumentation'

/** From here on Node.js warns of `module.register`, and has hooks that run in the thread itself. */
const FIRST_WITH_HOOKS_ALONE = 26

/**
 * Imports pass through no `require`, where instrumentations look by default. The hook must be that of their own copy of
 * the base package: another would hook what nobody has asked for.
 */
export function instrumentEsModules(instrumentations: InstalledPackage): void {
  try {
    if (Number.parseInt(process.versions.node) >= FIRST_WITH_HOOKS_ALONE && registerHooks(instrumentations)) return
    const hook = findBehind(instrumentations, `${INSTRUMENTATION}/hook.mjs`)
    if (hook) module.register(pathToFileURL(hook.file))
  } catch (error) {
    say('WARN', `names imported from ES modules are not instrumented: ${messageOf(error)}`)
  }
}

/** False with a version of the base package that is older than such hooks. */
function registerHooks(instrumentations: InstalledPackage): boolean {
  const base = findBehind(instrumentations, INSTRUMENTATION)
  const hooks = base && findBehind(base, 'import-in-the-middle/register-hooks.mjs')
  const { register } = (hooks?.load() ?? {}) as { register?: () => void }
  register?.()
  return register !== undefined
}
