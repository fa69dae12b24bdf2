// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { SpanExporter } from '@spanring/core'
import { exportOfBatches } from '../../src/export/incremental-export.js'

class Incremental implements SpanExporter {
  export(): void {}
  openBatch(): void {}
  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

class OwnExport extends Incremental {
  override export(): void {}
}

class OwnBoth extends OwnExport {
  override export(): void {}
  override openBatch(): void {}
}

class OwnFields {
  readonly export = (): void => {}
  readonly openBatch = (): void => {}
}

class OwnExportField extends Incremental {
  override readonly export = (): void => {}
}

class Subclass extends Incremental {}
class OwnBatches extends OwnExport {
  override openBatch(): void {}
}

class Declared extends Incremental {
  get exportOfBatches() {
    return EXPORT_OF_DECLARED
  }
  override export(): void {}
  override openBatch(): void {}
}
const EXPORT_OF_DECLARED = Declared.prototype.export
class WrappedClass extends Declared {}
class DeclaredThenBoth extends Declared {
  override export(): void {}
  override openBatch(): void {}
}

const fails = (): never => {
  throw new Error('do not look')
}

test.each<[string, unknown, boolean]>([
  ['as its class is', new Incremental(), true],
  ['with nothing of its own', new Subclass(), true],
  ['with both of its own', new OwnBoth(), true],
  ['with both as fields', new OwnFields(), true],
  ['whose openBatch is newer than its export', new OwnBatches(), true],
  ['that declares its export', new Declared(), true],
  ['that declares one and has other ones of both', new DeclaredThenBoth(), true],
  ['that declares its export and was patched', Object.assign(new Declared(), { export: () => {} }), false],
  ['with an export of its own', new OwnExport(), false],
  ['with an export of its own as a field', new OwnExportField(), false],
  ['that was patched', Object.assign(new Incremental(), { export: () => {} }), false],
  ['without openBatch', { export: () => {} }, false],
  ['whose openBatch is no function', { export: () => {}, openBatch: true }, false],
  ['that is none', undefined, false],
  ['that is none at all', 1, false],
  ['with a getter that throws', Object.defineProperty(new Incremental(), 'openBatch', { get: fails }), false],
  ['that hides what it has', new Proxy(new Incremental(), { getOwnPropertyDescriptor: fails }), false],
  ['that hides where it comes from', new Proxy(new Incremental(), { getPrototypeOf: fails }), false],
  ['that gives what nobody brought', new Proxy({}, { get: () => () => {} }), false],
])('an exporter %s', (_what, exporter, expected) => {
  const found = exportOfBatches(exporter as SpanExporter)
  expect(found !== undefined && found === (exporter as SpanExporter).export).toBe(expected)
})

test('a wrapper around the export of the class itself is told from what the class declares', () => {
  const wrapped = new WrappedClass()
  expect(exportOfBatches(wrapped)).toBe(wrapped.export)
  Object.defineProperty(Declared.prototype, 'export', { value: () => {} })
  expect(exportOfBatches(wrapped)).not.toBe(wrapped.export)
})
