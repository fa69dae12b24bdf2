// SPDX-License-Identifier: Apache-2.0
import module from 'node:module'
import { expect, onTestFinished, test, vi } from 'vitest'
import { packageOptions } from '../../src/thread/package-options.js'

/** As Yarn does in a process with Plug'n'Play. */
function addPnp(api: { resolveToUnqualified(request: string, issuer: null): string | null } | null): void {
  Object.assign(module, { findPnpApi: vi.fn<() => typeof api>(() => api) })
  onTestFinished(() => void Reflect.deleteProperty(module, 'findPnpApi'))
}

test('the thread is started without options where packages are in node_modules', () => {
  expect(packageOptions()).toEqual([])
})

test("the thread preloads the hooks of Yarn's Plug'n'Play in the project of the program", () => {
  addPnp({ resolveToUnqualified: (request) => `/project/${request}.cjs` })

  expect(packageOptions('/project/program.js')).toEqual(['--require', '/project/pnpapi.cjs'])
  expect((module as { findPnpApi?: unknown }).findPnpApi).toHaveBeenCalledWith('/project/program.js')
})

test("a program outside of a project with Plug'n'Play has no hooks to preload", () => {
  addPnp(null)

  expect(packageOptions('/elsewhere/program.js')).toEqual([])
})
