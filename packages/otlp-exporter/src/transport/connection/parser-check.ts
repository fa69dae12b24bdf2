// SPDX-License-Identifier: Apache-2.0

/** The part of WebAssembly that is used here. The types of Node.js do not declare it. */
interface WithWebAssembly {
  readonly WebAssembly?: { readonly Memory: new (descriptor: { initial: number }) => unknown }
}

let isKnownToWork = false

/**
 * Why undici cannot read an answer in this process; undefined if it can. undici's parser needs WebAssembly, which `--jitless`
 * disables. Up to Node.js 22, WebAssembly also reserves ten gigabytes of address space, which may be more than `ulimit -v`
 * allows. undici would report a failed connection, and every batch would be tried again until its deadline.
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
