// SPDX-License-Identifier: Apache-2.0
import { afterAll } from 'vitest'
import { Application } from './application.js'

/**
 * An application that is gone when the tests of the file are. In a file of its own: what imports Vitest runs nowhere else, and
 * the collector's command creates applications too.
 */
export async function setupApplication(...parts: Parameters<typeof Application.create>): Promise<Application> {
  const application = await Application.create(...parts)
  afterAll(() => application[Symbol.asyncDispose]())
  return application
}
