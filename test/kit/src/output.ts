// SPDX-License-Identifier: Apache-2.0
import type { ChildProcess } from 'node:child_process'

/** What a process has written so far. */
export interface Output {
  stdout: string
  stderr: string
}

/** Grows with every line that the process writes to a pipe. */
export function outputOf(child: ChildProcess): Readonly<Output> {
  const output: Output = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  return output
}
