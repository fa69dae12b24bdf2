// SPDX-License-Identifier: Apache-2.0
import { ifThere, step } from './disk.js'
import type { Steps } from './disk.js'

/** Others may write to the directory, so what is in it could be anybody's. */
class InsecureDirectory extends Error {
  override readonly name = 'InsecureDirectory'
  readonly code = 'INSECURE'
}

/** Throws {@link InsecureDirectory}. `user` is who the process acts as. Undefined if the directory of the spool does not exist. */
export function* checkRoot(root: string, user: number | undefined): Steps<'safe' | undefined> {
  const link = yield* ifThere(step('lstat', root))
  if (!link) return undefined
  const status = link.kind === 'link' ? yield* ifThere(step('stat', root)) : link
  if (!status) throw new InsecureDirectory('it is a symbolic link to nothing')
  if (status.kind !== 'directory') throw new InsecureDirectory('it is not a directory')
  // Windows has neither owners nor such modes.
  if (user === undefined) return 'safe'
  const isTrusted = (id: number): boolean => id === user || id === 0
  if (!isTrusted(link.userId)) throw new InsecureDirectory(`it belongs to user ${link.userId}, and the process is user ${user}`)
  if (!isTrusted(status.userId)) throw new InsecureDirectory(`it is a symbolic link to a directory of user ${status.userId}`)
  if (status.mode & 0o022) {
    const mode = (status.mode & 0o7777).toString(8).padStart(4, '0')
    throw new InsecureDirectory(
      `other users can write to it (mode ${mode}); name a directory below it, which is then made with mode 0700`,
    )
  }
  return 'safe'
}
