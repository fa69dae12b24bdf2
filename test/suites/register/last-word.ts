// SPDX-License-Identifier: Apache-2.0

/** What the line about lost spans says. */
export interface LastWord {
  readonly lost: number
  readonly ended: number
  /** The counts by reason. */
  readonly why: string
}

/** Undefined if nothing was lost. */
export function lastWord(stderr: string): LastWord | undefined {
  const [, lost, ended, why = ''] = /^spanring: (\d+) of (\d+) spans were not delivered \((.*)\)$/m.exec(stderr) ?? []
  return lost === undefined ? undefined : { lost: Number(lost), ended: Number(ended), why }
}

/** Every line about lost spans: there should be at most one. */
export function lastWords(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line.includes('were not delivered'))
}
