// SPDX-License-Identifier: Apache-2.0
import type * as sdk2 from '@spanring/sdk-2'

/** The line of the SDK that makes the spans. */
export type SdkLine = '2.12' | '3.1'

/** What both packages export; the types are those of one line, and what is used of them is the same in the other. */
export type Sdk = typeof sdk2
export type Tracer = ReturnType<InstanceType<Sdk['TracerProvider']>['getTracer']>

export const SDK_LINES: readonly SdkLine[] = ['2.12', '3.1']

/**
 * One line for a whole process: two of them would share the globals of the API, and what V8 has learned from one would
 * change the figures of the other.
 */
export async function loadSdk(line: SdkLine): Promise<Sdk> {
  if (line === '2.12') return import('@spanring/sdk-2')
  // oxlint-disable-next-line no-unsafe-type-assertion -- the same names on purpose; their classes have private fields
  return (await import('@spanring/sdk-3')) as unknown as Sdk
}
