// SPDX-License-Identifier: Apache-2.0

/** The sender's mistake, as opposed to ours: answered with 400 and this message. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}
