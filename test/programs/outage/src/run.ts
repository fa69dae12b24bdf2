// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededRandom } from '@spanring/test-kit/random'
import { Application } from './application/application.js'
import type { Order } from './application/messages.js'
import type { ContenderName, OutageArguments } from './arguments.js'
import { Backend } from './backend/backend.js'
import type { Missing, Range } from './backend/figures.js'
import { WithProgress } from './progress.js'
import type { Kill, RunFigures } from './run-figures.js'
import { spoolContent } from './spool-content.js'

/** What is older when its process is killed has to be in the spool, in milliseconds. */
const OLD_MILLIS = 200
/** The first spans of a process are slow: its code is not compiled. */
const SETTLE_MILLIS = 1000

interface Stage {
  readonly args: OutageArguments
  readonly backend: Backend
  readonly order: Omit<Order, 'firstIndex'>
  /** Every process of the application, the running one last. */
  readonly applications: Application[]
  /** When each but the last was killed, as a time of day. */
  readonly killedAt: number[]
}

/** One contender, from the start of the application to the end of its shutdown. */
export async function runContender(contender: ContenderName, args: OutageArguments, random: SeededRandom): Promise<RunFigures> {
  const { sdk, rate, hasSpool } = args
  const spoolDirectory = hasSpool && contender !== 'stock' ? await mkdtemp(join(tmpdir(), 'spanring-outage-')) : undefined
  const backend = await Backend.start(capacityOf(args))
  const order = { contender, sdk, url: backend.url, spoolDirectory, rate }
  const stage: Stage = { args, backend, order, applications: [], killedAt: [] }
  try {
    return await play(stage, random)
  } finally {
    await stage.applications.at(-1)?.end()
    await backend.close()
    if (spoolDirectory !== undefined) await rm(spoolDirectory, { recursive: true, force: true })
  }
}

async function play(stage: Stage, random: SeededRandom): Promise<RunFigures> {
  const { args, backend, order, applications } = stage
  const { beforeSeconds, seconds, afterSeconds } = args
  const application = await startApplication(stage)
  const startedAt = Date.now()
  const phase = new WithProgress(order.contender, backend, applications)
  await phase.during('before', sleep(beforeSeconds * 1000))
  const rssBeforeBytes = application.rssBytes
  const goneAt = await backend.goAway()
  await phase.during('outage', outage(stage, random, goneAt + seconds * 1000))
  const returnedAt = await backend.comeBack()
  await phase.during('after', sleep(afterSeconds * 1000))
  await phase.during('end', applications.at(-1)?.finish() ?? sleep(0))

  const { all, old } = rangesOf(stage)
  const settledAt = startedAt + Math.min(SETTLE_MILLIS, (goneAt - startedAt) / 2)
  const { missing, ...figures } = await backend.figures({ settledAt, goneAt, returnedAt }, [...all, ...old])
  const missingOfAll = sum(missing.slice(0, all.length))
  const missingOld = sum(missing.slice(all.length))
  const account = applications.at(-1)?.account
  return {
    contender: order.contender,
    // Of what a killed process has ended after its last report, all that is known is what has arrived.
    ended: figures.delivered + missingOfAll,
    ...figures,
    missingOld,
    missingYoung: missingOfAll - missingOld,
    account,
    kills: stage.killedAt.map((at, number) => killOf(applications[number]!, at, missing[number]!, missing[all.length + number]!)),
    rssBeforeBytes,
    highestRssBytes: Math.max(...applications.map(({ highestRssBytes }) => highestRssBytes)),
    highestBufferedBytes: Math.max(...applications.map(({ highestBufferedBytes }) => highestBufferedBytes)),
    spoolLeft: order.spoolDirectory === undefined ? undefined : await spoolContent(order.spoolDirectory),
  }
}

/** Until that time of day, with one kill in each of as many equal parts as there are kills. */
async function outage(stage: Stage, random: SeededRandom, until: number): Promise<void> {
  const { args, applications } = stage
  const from = Date.now()
  const part = (until - from) / Math.max(1, args.kills)
  for (let kill = 0; kill < args.kills; kill++) {
    const at = from + part * (kill + 0.1 + 0.8 * random.next())
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await sleep(at - Date.now())
    const application = applications.at(-1)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    if (application !== undefined) stage.killedAt.push(await application.kill())
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await startApplication(stage)
  }
  await sleep(until - Date.now())
}

async function startApplication({ args, order, applications }: Stage): Promise<Application> {
  const before = applications.at(-1)
  const firstIndex = before === undefined ? 0 : before.nextIndex + unreported(args)
  const application = await Application.start({ ...order, firstIndex })
  applications.push(application)
  return application
}

/** How many spans a process may have ended after the last report that has arrived: those of a second are plenty. */
function unreported({ rate }: OutageArguments): number {
  return Math.ceil(rate)
}

function capacityOf(args: OutageArguments): number {
  const { beforeSeconds, seconds, afterSeconds, kills, rate } = args
  const slowStartSeconds = 60
  return Math.ceil((beforeSeconds + seconds + afterSeconds + slowStartSeconds) * rate) + kills * unreported(args)
}

/** What is known to have ended in each process; and of that, what was old when the process was killed. */
function rangesOf({ applications, killedAt }: Stage): { readonly all: readonly Range[]; readonly old: readonly Range[] } {
  const all = applications.map(({ firstIndex, nextIndex }) => ({ first: firstIndex, end: nextIndex }))
  const old = applications.map((application, number) => {
    const at = killedAt[number]
    const end = at === undefined ? application.nextIndex : application.nextIndexAt(at - OLD_MILLIS)
    return { first: application.firstIndex, end }
  })
  return { all, old }
}

function killOf(application: Application, at: number, missing: Missing, old: Missing): Kill {
  const oldestMillis = missing.first === undefined ? undefined : at - application.timeOf(missing.first)
  return { aliveMillis: at - application.startedAt, missing: missing.count, missingOld: old.count, oldestMillis }
}

function sum(missing: readonly Missing[]): number {
  return missing.reduce((total, { count }) => total + count, 0)
}
