// SPDX-License-Identifier: Apache-2.0
import type * as sdk2 from '@spanring/sdk-2'

export type SdkLine = '2.12' | '3.1'
export type Sdk = typeof sdk2

export const SDK_LINES: readonly SdkLine[] = ['2.12', '3.1']

/** One line for a whole process: two of them would share the globals of the API. */
export async function loadSdk(line: SdkLine): Promise<Sdk> {
  if (line === '2.12') return import('@spanring/sdk-2')
  // The same names on purpose; only the private fields of their classes differ.
  return (await import('@spanring/sdk-3')) as unknown as Sdk
}
