// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'
import type { FileStatus, OpenMode } from '../../../../packages/otlp-exporter/src/spool/disk.js'

/** A file. Whoever has it open keeps it when its name is gone. */
export interface DiskFile {
  bytes: Uint8Array
  /** What a power cut leaves for certain. */
  synced: Uint8Array
}

/** Who is told what happens to directories: a takeover is a rename. */
export interface DiskListener {
  onMade(path: string, by: object): void
  /** Called before the directory has its new name. */
  onRenamed(from: string, to: string, by: object): void
  /** Called before the file is gone. */
  onRemoved(path: string): void
}

export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code })
}

const EMPTY = new Uint8Array(0)

/** Files and directories in memory. They outlive the processes that use them. */
export class DiskFiles {
  /** Whoever wants to know what happens to directories. */
  listener: DiskListener | undefined
  readonly #files = new Map<string, DiskFile>()
  readonly #directories = new Set<string>()

  /** Paths of files and of directories below one, in the order in which they were made. */
  below(path: string): string[] {
    return [...this.#directories, ...this.#files.keys()].filter((name) => name.startsWith(`${path}/`))
  }

  /** How many bytes all files hold. */
  get size(): number {
    let sum = 0
    for (const { bytes } of this.#files.values()) sum += bytes.length
    return sum
  }

  find(path: string): DiskFile | undefined {
    return this.#files.get(path)
  }

  mkdir(path: string, by: object): void {
    for (let one = path; one !== '' && !this.#directories.has(one); one = parentOf(one)) {
      this.#directories.add(one)
      this.listener?.onMade(one, by)
    }
  }

  readdir(path: string): string[] {
    if (!this.#directories.has(path)) throw diskError('ENOENT')
    return this.below(path).flatMap((name) => (parentOf(name) === path ? name.slice(path.length + 1) : []))
  }

  status(path: string, userId: number): FileStatus {
    const file = this.#files.get(path)
    if (file) return { kind: 'file', size: file.bytes.length, mode: 0o600, userId }
    if (!this.#directories.has(path)) throw diskError('ENOENT')
    return { kind: 'directory', size: 0, mode: 0o700, userId }
  }

  open(path: string, mode: OpenMode): DiskFile {
    const found = this.#files.get(path)
    if (mode !== 'create') {
      if (!found) throw diskError('ENOENT')
      return found
    }
    if (found) throw diskError('EEXIST')
    if (!this.#directories.has(parentOf(path))) throw diskError('ENOENT')
    const file: DiskFile = { bytes: EMPTY, synced: EMPTY }
    this.#files.set(path, file)
    return file
  }

  /** A directory takes what is in it along. */
  rename(from: string, to: string, by: object): void {
    if (!this.#directories.has(from)) throw diskError('ENOENT')
    if (this.below(to).length > 0) throw diskError('ENOTEMPTY')
    this.listener?.onRenamed(from, to, by)
    for (const path of this.below(from)) {
      const file = this.#files.get(path)
      if (!file) continue
      this.#files.delete(path)
      this.#files.set(to + path.slice(from.length), file)
    }
    this.#directories.delete(from)
    this.#directories.add(to)
  }

  unlink(path: string): void {
    if (!this.#files.has(path)) throw diskError('ENOENT')
    this.listener?.onRemoved(path)
    this.#files.delete(path)
  }

  rmdir(path: string): void {
    if (this.below(path).length > 0) throw diskError('ENOTEMPTY')
    if (!this.#directories.delete(path)) throw diskError('ENOENT')
  }

  /** What was not synced is cut off somewhere, or becomes zeros from there on; a file that never was synced may be missing. */
  cutPower(random: SeededRandom): void {
    for (const [path, file] of this.#files) {
      const { bytes, synced } = file
      if (synced.length === 0 && random.chance(0.3)) this.#files.delete(path)
      if (bytes.length <= synced.length) continue
      const tornAt = random.between(synced.length, bytes.length)
      const left = new Uint8Array(random.chance(0.5) ? bytes.length : tornAt)
      left.set(bytes.subarray(0, tornAt))
      file.bytes = left
      file.synced = left
    }
  }

  /** A bit of a file turns over. */
  rot(random: SeededRandom): void {
    const files = [...this.#files.values()].filter(({ bytes }) => bytes.length > 0)
    if (files.length === 0) return
    const file = random.pick(files)
    const bytes = file.bytes.slice()
    const at = random.below(bytes.length)
    bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
    file.bytes = bytes
  }
}

export function writeTo(file: DiskFile, bytes: Uint8Array, position: number): void {
  const longer = new Uint8Array(Math.max(file.bytes.length, position + bytes.length))
  longer.set(file.bytes)
  longer.set(bytes, position)
  file.bytes = longer
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
