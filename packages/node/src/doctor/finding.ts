// SPDX-License-Identifier: Apache-2.0

/** One line of the doctor's report. A single fault makes the exit code 1. */
export interface Finding {
  readonly kind: 'ok' | 'note' | 'fault'
  readonly text: string
  /** What to do about it. */
  readonly advice?: string | undefined
}

export const ok = (text: string): Finding => ({ kind: 'ok', text })
export const note = (text: string): Finding => ({ kind: 'note', text })
export const fault = (text: string, advice?: string): Finding => ({ kind: 'fault', text, advice })
