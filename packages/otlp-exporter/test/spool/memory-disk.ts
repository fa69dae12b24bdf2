// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path'
import type { Disk, DiskCalls, DiskPromises, FileStatus, OpenMode } from '../../src/spool/disk.js'

interface File {
  readonly kind: 'file'
  bytes: Uint8Array<ArrayBuffer>
  readonly mode: number
  readonly userId: number
}

interface Other {
  readonly kind: 'directory' | 'link'
  readonly mode: number
  readonly userId: number
  readonly bytes?: undefined
}

const FIRST_DESCRIPTOR = 3

export function diskError(code: string, what = 'a test'): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code })
}

/** A file system in memory: fast, with a copy at any moment, and a process that ends at any call. */
export class MemoryDisk implements Disk {
  userId: number | undefined = 1000
  /** Called before each call; may throw in its place. */
  before: (name: keyof DiskCalls, args: readonly unknown[]) => void = () => {}
  /** Does a write in another way. */
  writing: DiskCalls['write'] | undefined
  calls = 0
  /** Changes what a list of names is. */
  listed: (names: readonly string[]) => readonly string[] = (names) => names
  readonly #nodes = new Map<string, File | Other>([['/', { kind: 'directory', mode: 0o755, userId: 0 }]])
  readonly #open = new Map<number, File>()

  readonly sync: DiskCalls = this.#counted({
    mkdir: (path) => {
      if (this.#nodes.has(path)) return
      this.sync.mkdir(dirname(path))
      this.#nodes.set(path, { kind: 'directory', mode: 0o700, userId: this.userId ?? 0 })
    },
    readdir: (path) => {
      const node = this.#find(path)
      if (node.kind !== 'directory') throw diskError('ENOTDIR', path)
      return this.listed(this.#below(path).flatMap((name) => (dirname(name) === path ? name.slice(path.length + 1) : [])))
    },
    lstat: (path) => statusOf(this.#find(path)),
    stat: (path) => statusOf(this.#find(path)),
    open: (path, mode) => this.#openFile(path, mode),
    read: (fd, into, position) => {
      const part = this.#file(fd).bytes.subarray(position, position + into.length)
      into.set(part)
      return part.length
    },
    write: (fd, chunks, position) => {
      const { writing } = this
      if (writing) {
        this.writing = undefined
        try {
          return writing(fd, chunks, position)
        } finally {
          this.writing = writing
        }
      }
      const file = this.#file(fd)
      const bytes = Buffer.concat(chunks)
      const longer = new Uint8Array(Math.max(file.bytes.length, position + bytes.length))
      longer.set(file.bytes)
      longer.set(bytes, position)
      file.bytes = longer
      return bytes.length
    },
    truncate: (fd, size) => {
      const file = this.#file(fd)
      const shorter = new Uint8Array(size)
      shorter.set(file.bytes.subarray(0, size))
      file.bytes = shorter
    },
    datasync: (fd) => void this.#file(fd),
    close: (fd) => {
      this.#file(fd)
      this.#open.delete(fd)
    },
    rename: (from, to) => {
      this.#find(from)
      for (const name of [from, ...this.#below(from)]) {
        const node = this.#find(name)
        this.#nodes.delete(name)
        this.#nodes.set(to + name.slice(from.length), node)
      }
    },
    unlink: (path) => {
      if (this.#find(path).kind === 'directory') throw diskError('EISDIR', path)
      this.#nodes.delete(path)
    },
    rmdir: (path) => {
      this.#find(path)
      if (this.#below(path).length > 0) throw diskError('ENOTEMPTY', path)
      this.#nodes.delete(path)
    },
  })

  readonly async: DiskPromises = Object.fromEntries(
    Object.entries(this.sync).map(([name, call]) => [
      name,
      async (...args: readonly unknown[]) => (call as (...all: readonly unknown[]) => unknown)(...args),
    ]),
  ) as unknown as DiskPromises

  /** All that is there, with no process that has it open. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk()
    for (const [path, node] of this.#nodes) copy.#nodes.set(path, node.kind === 'file' ? { ...node } : node)
    return copy
  }

  /** The paths of all files, and of directories that hold nothing, below a directory. */
  files(root: string): string[] {
    return this.#below(root).filter((path) => this.#find(path).kind !== 'directory' || this.#below(path).length === 0)
  }

  get descriptors(): number {
    return this.#open.size
  }

  bytesOf(path: string): Uint8Array<ArrayBuffer> {
    return this.#file(this.#find(path)).bytes
  }

  put(path: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.sync.mkdir(dirname(path))
    this.#nodes.set(path, { kind: 'file', bytes, mode: 0o600, userId: this.userId ?? 0 })
  }

  set(path: string, node: Partial<Other>): void {
    this.#nodes.set(path, { kind: 'directory', mode: 0o700, userId: this.userId ?? 0, ...node })
  }

  remove(path: string): void {
    for (const name of [path, ...this.#below(path)]) this.#nodes.delete(name)
  }

  #openFile(path: string, mode: OpenMode): number {
    const found = this.#nodes.get(path)
    if (mode === 'create') {
      if (found) throw diskError('EEXIST', path)
      this.#find(dirname(path))
      this.#nodes.set(path, { kind: 'file', bytes: new Uint8Array(0), mode: 0o600, userId: this.userId ?? 0 })
    }
    if (found?.kind === 'link') throw diskError('ELOOP', path)
    const file = this.#file(this.#find(path))
    // The lowest number that is free, as everywhere.
    let fd = FIRST_DESCRIPTOR
    while (this.#open.has(fd)) fd += 1
    this.#open.set(fd, file)
    return fd
  }

  #find(path: string): File | Other {
    const node = this.#nodes.get(path)
    if (!node) throw diskError('ENOENT', path)
    return node
  }

  #file(from: number | File | Other): File {
    const file = typeof from === 'number' ? this.#open.get(from) : from
    if (!file) throw diskError('EBADF')
    if (file.kind !== 'file') throw diskError('EISDIR')
    return file
  }

  #below(path: string): string[] {
    return [...this.#nodes.keys()].filter((name) => name.startsWith(`${path}/`)).toSorted()
  }

  #counted(calls: DiskCalls): DiskCalls {
    const counted = Object.entries(calls).map(([name, call]) => [
      name,
      (...args: readonly unknown[]): unknown => {
        this.before(name as keyof DiskCalls, args)
        this.calls += 1
        return (call as (...all: readonly unknown[]) => unknown)(...args)
      },
    ])
    return Object.fromEntries(counted) as DiskCalls
  }
}

function statusOf({ kind, bytes, mode, userId }: File | Other): FileStatus {
  return { kind, size: bytes?.length ?? 4096, mode, userId }
}
