// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest'
import { LateAbortController } from '../../src/export/late-abort-controller.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('the controller is made when somebody asks for it, once', () => {
  let made = 0
  class Counting extends AbortController {
    constructor() {
      super()
      made++
    }
  }
  vi.stubGlobal('AbortController', Counting)
  const controller = new LateAbortController()
  expect(made).toBe(0)
  const { signal } = controller
  controller.abort()
  expect(made).toBe(1)
  expect(controller.signal).toBe(signal)
  expect(signal.aborted).toBe(true)
})

test('aborted before anybody listens, it is aborted for whoever asks later', () => {
  const controller = new LateAbortController()
  controller.abort()
  expect(controller.signal.aborted).toBe(true)
})

test('one that may not be aborted does not throw', () => {
  class Refusing extends AbortController {
    override abort(): void {
      throw new Error('Cannot perform I/O on behalf of a different request')
    }
  }
  vi.stubGlobal('AbortController', Refusing)
  expect(() => new LateAbortController().abort()).not.toThrow()
})
