// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'
import type { Disk, DiskCalls, DiskPromises, OpenMode } from '../../../../packages/otlp-exporter/src/spool/disk.js'
import { diskError, writeTo } from './disk-files.js'
import type { DiskFile, DiskFiles } from './disk-files.js'
import { DISK_FAULTS } from './disk-weather.js'
import type { DiskFault, DiskWeather } from './disk-weather.js'
import type { EventLoop } from './event-loop.js'
import type { Scheduler } from './scheduler.js'
import type { Due } from './time-queue.js'

const USER_ID = 1000
const FIRST_DESCRIPTOR = 3

const CALLS = [
  ...(['mkdir', 'readdir', 'lstat', 'stat', 'open', 'read', 'write', 'truncate', 'datasync', 'close'] as const),
  ...(['rename', 'unlink', 'rmdir'] as const),
]

const CALL_LABELS = Object.fromEntries(CALLS.map((name) => [name, `the disk: ${name}`])) as Record<keyof DiskCalls, string>
const FAULT_LABELS = Object.fromEntries(DISK_FAULTS.map((fault) => [fault, `refuses: ${fault}`])) as Record<DiskFault, string>

/** A call that waits for the disk. */
interface PendingCall {
  readonly due: Due
  readonly name: keyof DiskCalls
  readonly args: readonly unknown[]
}

export interface DiskWorld {
  readonly scheduler: Scheduler
  readonly files: DiskFiles
  readonly weather: DiskWeather
  readonly random: SeededRandom
  readonly loop: EventLoop
}

/** The disk as one simulated thread sees it: calls take time, may fail, and may be under way when the thread dies. */
export class SimulatedDisk implements Disk {
  readonly userId = USER_ID
  readonly sync: DiskCalls
  readonly async: DiskPromises
  readonly #world: DiskWorld
  readonly #open = new Map<number, DiskFile>()
  readonly #pending = new Set<PendingCall>()
  #nextDescriptor = FIRST_DESCRIPTOR

  constructor(world: DiskWorld) {
    this.#world = world
    const sync: Record<string, unknown> = {}
    const async: Record<string, unknown> = {}
    for (const name of CALLS) {
      sync[name] = (...args: readonly unknown[]) => this.#call(name, args)
      async[name] = (...args: readonly unknown[]) => this.#callLater(name, args)
    }
    this.sync = sync as unknown as DiskCalls
    this.async = async as unknown as DiskPromises
  }

  /** Files that this thread has open. */
  get descriptors(): number {
    return this.#open.size
  }

  /** The thread is gone. What it had asked for happens, or does not, or a write only in part. */
  abandon(): void {
    const { random } = this.#world
    for (const { due, name, args } of this.#pending) {
      due.isCancelled = true
      if (random.chance(0.5)) continue
      try {
        if (name === 'write') this.#write(args, random.next())
        else this.#perform(name, args)
      } catch {
        // Nobody is left to hear of it.
      }
    }
    this.#pending.clear()
    this.#open.clear()
  }

  #callLater(name: keyof DiskCalls, args: readonly unknown[]): Promise<unknown> {
    const { scheduler, loop, weather } = this.#world
    return new Promise((resolve, reject) => {
      if (loop.isDead) return
      const due = scheduler.later(weather.latency(), CALL_LABELS[name], () => {
        this.#pending.delete(pending)
        let settle: () => void
        try {
          const value = this.#call(name, args)
          settle = () => resolve(value)
        } catch (error) {
          settle = () => reject(error)
        }
        loop.io(0, 'the disk has answered', settle)
      })
      const pending: PendingCall = { due, name, args }
      this.#pending.add(pending)
    })
  }

  #call(name: keyof DiskCalls, args: readonly unknown[]): unknown {
    const { weather, random, scheduler } = this.#world
    const code = weather.failureOf(name, args)
    if (code === undefined) {
      if (name !== 'write') return this.#perform(name, args)
      return this.#write(args, weather.isShort() ? random.next() : 1)
    }
    scheduler.trace.event(scheduler.now, 'disk', FAULT_LABELS[code])
    // What fits is written before a disk is full.
    if (name === 'write' && random.chance(0.5)) this.#write(args, random.next())
    throw diskError(code)
  }

  #perform(name: keyof DiskCalls, args: readonly unknown[]): unknown {
    const { files } = this.#world
    const path = args[0] as string
    switch (name) {
      case 'mkdir':
        return files.mkdir(path, this)
      case 'readdir':
        return files.readdir(path)
      case 'lstat':
      case 'stat':
        return files.status(path, USER_ID)
      case 'open': {
        const file = files.open(path, args[1] as OpenMode)
        this.#open.set(this.#nextDescriptor, file)
        return this.#nextDescriptor++
      }
      case 'read': {
        const [, into, position] = args as Parameters<DiskCalls['read']>
        const part = this.#file(args).bytes.subarray(position, position + into.length)
        into.set(part)
        return part.length
      }
      case 'truncate': {
        const file = this.#file(args)
        const shorter = new Uint8Array(args[1] as number)
        shorter.set(file.bytes.subarray(0, shorter.length))
        file.bytes = shorter
        return undefined
      }
      case 'datasync': {
        const file = this.#file(args)
        file.synced = file.bytes
        return undefined
      }
      case 'close':
        this.#file(args)
        this.#open.delete(args[0] as number)
        return undefined
      case 'rename':
        return files.rename(path, args[1] as string, this)
      case 'unlink':
        return files.unlink(path)
      case 'rmdir':
        return files.rmdir(path)
      case 'write':
        return this.#write(args, 1)
    }
  }

  /** At least one byte, if there is any. Returns how many. */
  #write(args: readonly unknown[], share: number): number {
    const [, chunks, position] = args as Parameters<DiskCalls['write']>
    const bytes = Buffer.concat(chunks)
    const part = bytes.subarray(0, Math.ceil(bytes.length * share))
    writeTo(this.#file(args), part, position)
    return part.length
  }

  #file(args: readonly unknown[]): DiskFile {
    const file = this.#open.get(args[0] as number)
    if (!file) throw diskError('EBADF')
    return file
  }
}
