// SPDX-License-Identifier: Apache-2.0
import { emptySpool, inspectSpool } from '@spanring/otlp-exporter/spool'
import { renderLeft, renderOwners, spansLeft } from './list.js'
import type { SpoolArguments } from './parse-arguments.js'
import { counted } from './text.js'

/** Deletes what dead owners have left. */
export async function empty({ directory, isConfirmed, waitMillis }: SpoolArguments): Promise<number> {
  const { stdout, stderr } = process
  const before = await inspectSpool(directory)
  if (before.every(({ state }) => state === 'running')) {
    stdout.write(`Nothing in ${directory} can be deleted.\n`)
    return 0
  }
  if (!isConfirmed) {
    stdout.write(renderOwners(directory, before, Date.now()))
    stderr.write(
      `This would delete ${counted(spansLeft(before), 'span')}, which were never delivered. If you mean that, add --yes.\n`,
    )
    return 2
  }
  if (before.some(({ state }) => state === 'unknown')) stdout.write('Looking whether the owners are running …\n')
  const onWarning = (text: string): void => void stderr.write(`${text}\n`)
  const { owners, spans } = await emptySpool({ directory, waitMillis, onWarning })
  const after = await inspectSpool(directory)
  stdout.write(`${counted(spans, 'span')} of ${counted(owners, 'owner')} deleted.\n${renderLeft(after)}`)
  return after.every(({ state }) => state === 'running') ? 0 : 1
}
