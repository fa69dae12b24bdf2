// SPDX-License-Identifier: Apache-2.0

/** As much of it as is asked for; the types of Node.js have none. */
interface WithWebAssembly {
  readonly WebAssembly?: { readonly Memory: new (descriptor: { initial: number }) => unknown }
}

let isKnownToWork = false

/**
 * Why undici could not read an answer in this process; undefined if it can. Its parser is WebAssembly, which `--jitless`
 * takes away, and whose memory is ten gigabytes of addresses up to Node.js 22: more than `ulimit -v` may allow. undici
 * would tell of it as a connection that fails, and every batch would be tried until its deadline.
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
