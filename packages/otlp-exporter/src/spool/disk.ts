// SPDX-License-Identifier: Apache-2.0

/*
 * The spool's seam to the file system, and how its work is written down: as a generator that yields one call of the disk after the
 * other. The same code then runs with promises, and, in the `exit` event, without them. See disk-lane.ts.
 */

/**
 * - `create`: for reading and writing; fails with EEXIST if there is such a file. Mode 0600.
 * - `update`: for reading and writing; fails with ENOENT if there is none.
 * - `read`: for reading.
 *
 * None of them follows a symbolic link.
 */
export type OpenMode = 'create' | 'update' | 'read'

export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  readonly size: number
  readonly mode: number
  readonly userId: number
}

/** What the spool calls. Each of them throws an error with a `code`, as node:fs does. Descriptors are numbers. */
export interface DiskCalls {
  /** With what is missing above it. Mode 0700. A directory that exists is no error. */
  mkdir(path: string): void
  /** The names, in any order. */
  readdir(path: string): readonly string[]
  /** Of a symbolic link itself. */
  lstat(path: string): FileStatus
  /** Of what a symbolic link points to. */
  stat(path: string): FileStatus
  open(path: string, mode: OpenMode): number
  /** How many bytes were read: fewer than fit at the end of the file, and possibly elsewhere. */
  read(fd: number, into: Uint8Array, position: number): number
  /** How many bytes were written, in order: possibly fewer than there are. */
  write(fd: number, chunks: readonly Uint8Array[], position: number): number
  truncate(fd: number, size: number): void
  /** What was written survives a power cut when this returns. */
  datasync(fd: number): void
  close(fd: number): void
  rename(from: string, to: string): void
  unlink(path: string): void
  rmdir(path: string): void
}

export type DiskPromises = {
  readonly [K in keyof DiskCalls]: (...args: Parameters<DiskCalls[K]>) => Promise<ReturnType<DiskCalls[K]>>
}

/** The file system, in both forms. They may run at the same time: the second takes over from the first in the `exit` event. */
export interface Disk {
  /** Who the process acts as; undefined where files have no owner (Windows). */
  readonly userId: number | undefined
  readonly sync: DiskCalls
  readonly async: DiskPromises
}

/** A call of the disk that is about to be made. */
export interface Call {
  readonly name: keyof DiskCalls
  readonly args: readonly unknown[]
}

/** Work on the disk, one call after the other. */
export type Steps<T> = Generator<Call, T, unknown>

export function* step<K extends keyof DiskCalls>(name: K, ...args: Parameters<DiskCalls[K]>): Steps<ReturnType<DiskCalls[K]>> {
  return (yield { name, args }) as ReturnType<DiskCalls[K]>
}

/** The code of an error of the file system, or what it has instead. */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'error'
}

/** Undefined in place of ENOENT: another process may have removed the file, and that is no trouble. */
export function* ifThere<T>(steps: Steps<T>): Steps<T | undefined> {
  try {
    return yield* steps
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Writes everything, also if the disk takes it in parts. `progress` says how far it came when this throws. */
export function* writeAll(fd: number, chunks: readonly Uint8Array[], position: number, progress: { bytes: number }): Steps<void> {
  let rest = chunks
  while (rest.length > 0) {
    const written = yield* step('write', fd, rest, position + progress.bytes)
    if (written === 0) throw Object.assign(new Error('EIO: the disk took no byte'), { code: 'EIO' })
    progress.bytes += written
    rest = without(rest, written)
  }
}

/** The chunks without their first bytes. */
function without(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes
  let index = 0
  for (; index < chunks.length; index++) {
    const length = chunks[index]?.length ?? 0
    if (length > left) break
    left -= length
  }
  const [first, ...rest] = chunks.slice(index)
  return first ? [first.subarray(left), ...rest] : []
}

/** Fills `into`, or as much of it as there is up to the end of the file. Returns how much that is, in bytes. */
export function* readAll(fd: number, into: Uint8Array, position: number): Steps<number> {
  let filled = 0
  while (filled < into.length) {
    const read = yield* step('read', fd, into.subarray(filled), position + filled)
    if (read === 0) break
    filled += read
  }
  return filled
}

/** The content of a small file. Undefined if there is none. */
export function* readFile(path: string): Steps<Uint8Array | undefined> {
  const status = yield* ifThere(step('lstat', path))
  if (status?.kind !== 'file') return undefined
  const fd = yield* ifThere(step('open', path, 'read'))
  if (fd === undefined) return undefined
  try {
    const bytes = new Uint8Array(status.size)
    return bytes.subarray(0, yield* readAll(fd, bytes, 0))
  } finally {
    yield* step('close', fd)
  }
}
