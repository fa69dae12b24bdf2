// SPDX-License-Identifier: Apache-2.0

/** The part that is used here; the types of Node.js do not declare WebAssembly. */
interface WithWebAssembly {
  readonly WebAssembly?: { readonly Memory: new (descriptor: { initial: number }) => unknown }
}

let isKnownToWork = false

/**
 * Why undici cannot read an answer in this process; undefined if it can. Its parser is WebAssembly, which `--jitless`
 * disables, and which reserves ten gigabytes of address space up to Node.js 22: more than `ulimit -v` may allow. undici
 * would report that as a failed connection, and every batch would be tried again until its deadline.
 */
export function whyNoParser(): string | undefined {
  if (isKnownToWork) return undefined
  const { WebAssembly } = globalThis as WithWebAssembly
  if (WebAssembly === undefined) return 'WebAssembly is not defined'
  try {
    void new WebAssembly.Memory({ initial: 1 })
    isKnownToWork = true
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
