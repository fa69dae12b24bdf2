// SPDX-License-Identifier: Apache-2.0
import { onTestFinished } from 'vitest'

/** Closes what is being opened when the test is over. */
export async function closeAfterTest<T extends { close(): unknown }>(opening: Promise<T>): Promise<T> {
  const opened = await opening
  onTestFinished(async () => {
    await opened.close()
  })
  return opened
}
