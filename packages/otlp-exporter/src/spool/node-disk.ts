// SPDX-License-Identifier: Apache-2.0
import * as fs from 'node:fs'
import { codeOf } from './disk.js'
import type { Disk, DiskCalls, DiskPromises, FileStatus, OpenMode } from './disk.js'

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = fs.constants
/** Windows has no such flags. */
const { O_NOFOLLOW: NO_LINK = 0, O_NONBLOCK: NO_WAIT = 0 } = fs.constants as Partial<Record<string, number>>
const FLAGS: Readonly<Record<OpenMode, number>> = {
  create: O_CREAT | O_EXCL | O_RDWR | NO_LINK,
  update: O_RDWR | NO_LINK,
  // To open a pipe would otherwise wait for whoever writes to it, and all other work on the disk with it.
  read: O_RDONLY | NO_LINK | NO_WAIT,
}
const DIRECTORY = { recursive: true, mode: 0o700 } as const
/** Errors with which the recursive form goes on. It says ENOENT where the disk is read-only, so it comes second. */
const NEEDS_MORE: ReadonlySet<string> = new Set(['ENOENT', 'EEXIST'])
const FILE_MODE = 0o600

const sync: DiskCalls = {
  mkdir: (path) => {
    try {
      fs.mkdirSync(path, DIRECTORY.mode)
    } catch (error) {
      if (!NEEDS_MORE.has(codeOf(error))) throw error
      fs.mkdirSync(path, DIRECTORY)
    }
  },
  readdir: (path) => fs.readdirSync(path),
  lstat: (path) => statusOf(fs.lstatSync(path)),
  stat: (path) => statusOf(fs.statSync(path)),
  open: (path, mode) => fs.openSync(path, FLAGS[mode], FILE_MODE),
  read: (fd, into, position) => fs.readSync(fd, into, 0, into.length, position),
  write: (fd, chunks, position) => fs.writevSync(fd, chunks, position),
  truncate: (fd, size) => fs.ftruncateSync(fd, size),
  datasync: (fd) => fs.fdatasyncSync(fd),
  close: (fd) => fs.closeSync(fd),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  rmdir: (path) => fs.rmdirSync(path),
}

const async: DiskPromises = {
  mkdir: (path) =>
    promised<void>((done) => fs.mkdir(path, DIRECTORY.mode, done)).catch((error: unknown) => {
      if (!NEEDS_MORE.has(codeOf(error))) throw error
      return promised((done) => fs.mkdir(path, DIRECTORY, done)).then(nothing)
    }),
  readdir: (path) => promised((done) => fs.readdir(path, done)),
  lstat: (path) => promised<fs.Stats>((done) => fs.lstat(path, done)).then(statusOf),
  stat: (path) => promised<fs.Stats>((done) => fs.stat(path, done)).then(statusOf),
  open: (path, mode) => promised((done) => fs.open(path, FLAGS[mode], FILE_MODE, done)),
  read: (fd, into, position) => promised((done) => fs.read(fd, into, 0, into.length, position, done)),
  write: (fd, chunks, position) => promised((done) => fs.writev(fd, chunks, position, done)),
  truncate: (fd, size) => promised((done) => fs.ftruncate(fd, size, done)),
  datasync: (fd) => promised((done) => fs.fdatasync(fd, done)),
  close: (fd) => promised((done) => fs.close(fd, done)),
  rename: (from, to) => promised((done) => fs.rename(from, to, done)),
  unlink: (path) => promised((done) => fs.unlink(path, done)),
  rmdir: (path) => promised((done) => fs.rmdir(path, done)),
}

/** The real file system. Callbacks and plain descriptors: a FileHandle could not be used in the `exit` event. */
export const nodeDisk: Disk = { userId: process.geteuid?.(), sync, async }

function promised<T>(start: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(error)
      else resolve(value as T)
    })
  })
}

function nothing(): void {}

function statusOf(stats: fs.Stats): FileStatus {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'link' : 'other'
  return { kind, size: stats.size, mode: stats.mode, userId: stats.uid }
}
