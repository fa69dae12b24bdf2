// SPDX-License-Identifier: Apache-2.0
// `spanring spool` with what real processes have left.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setupDirectory, setupMissingDirectory } from '@spanring/test-kit/directory'
import { Program } from '@spanring/test-kit/program'
import type { Ended } from '@spanring/test-kit/program'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { expect, onTestFinished, test } from 'vitest'
import { END, leaveBehind } from './left.js'

const COMMAND = new URL('../../../packages/node/dist/esm/cli.js', import.meta.url)
/** Of a process that has ended 5000 spans, which are ten requests. */
const MANY = 5000
const left = await leaveBehind(300, 7, MANY)

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  return new Program(COMMAND, ['spool', ...args], { env })
}

function spool(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> {
  return start(args, env).ended
}

function to(url: string): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url }
}

/** Every file with its content, and when it was changed. */
function snapshot(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const path = join(directory, name)
      const status = statSync(path)
      const content = status.isFile() ? readFileSync(path, 'base64') : ''
      return `${name} ${status.mtimeMs} ${status.ctimeMs} ${content}`
    })
}

function segmentIn(directory: string): string {
  const found = readdirSync(directory, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.segment'))
  return join(directory, found ?? '')
}

test('list shows each owner, and changes nothing', async () => {
  const directory = left(300, 7)
  const before = snapshot(directory)
  const { code, stdout, stderr } = await spool(['list', directory])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(
    /^owner +state +spans +bytes +oldest\n(\d+-\S+ +dead \(pid \d+ on \S+\) +(300|7) +[\d.]+ k?B +\d+ s\n){2}total +2 owners +307 +[\d.]+ k?B\n$/,
  )
  const byVariable = await spool(['list', '--json'], { SPANRING_SPOOL_DIRECTORY: directory })
  const owners = JSON.parse(byVariable.stdout) as Record<string, unknown>[]
  expect(owners.map(({ state, spans }) => `${String(state)} ${String(spans)}`).toSorted()).toEqual(['dead 300', 'dead 7'])
  expect(Math.abs(Date.now() - Date.parse(String(owners[0]?.['oldest'])))).toBeLessThan(600_000)
  expect(snapshot(directory)).toEqual(before)
})

test('nothing is no error', async () => {
  const directory = setupMissingDirectory()
  for (const args of [['list'], ['replay'], ['empty', '--yes']]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { code, stdout, stderr } = await spool([...args, directory])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(directory)
  }
  expect((await spool(['list', directory])).stdout).toMatch(/^Nothing waits: there is no /)
  expect((await spool(['list', directory, '--json'])).stdout).toBe('[]\n')
  mkdirSync(directory)
  expect((await spool(['list', directory])).stdout).toBe(`Nothing waits in ${directory}.\n`)
})

test('no symbolic link and no pipe is followed', async () => {
  const directory = setupMissingDirectory()
  const elsewhere = left(300)
  mkdirSync(directory, { mode: 0o700 })
  const [owner = ''] = readdirSync(elsewhere).filter((name) => !name.endsWith('.lease'))
  symlinkSync(join(elsewhere, owner), join(directory, owner))
  for (const name of ['1-a-b', '2-a-b']) mkdirSync(join(directory, name))
  symlinkSync(segmentIn(elsewhere), join(directory, '1-a-b/00000001.segment'))
  execFileSync('mkfifo', [join(directory, '2-a-b/00000001.segment')])
  const before = snapshot(elsewhere)
  const { stdout } = await spool(['list', directory, '--json'])
  expect((JSON.parse(stdout) as { spans: number }[]).map(({ spans }) => spans)).toEqual([0, 0, 0])
  await spool(['empty', directory, '--yes', '--wait', '1'])
  expect(snapshot(elsewhere)).toEqual(before)
})

test("a directory that may be anybody's is listed, and not used", async () => {
  const { url } = await setupCountingSink()
  const directory = left(7)
  chmodSync(directory, 0o777)
  const before = snapshot(directory)
  expect((await spool(['list', directory])).code).toBe(0)
  for (const args of [['replay'], ['empty', '--yes']]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { code, stderr } = await spool([...args, directory], to(url))
    expect(code).toBe(1)
    expect(stderr).toContain(`${directory} cannot be used: other users can write to it (mode 0777)`)
  }
  expect(snapshot(directory)).toEqual(before)
})

test('what cannot be read is said, with 1', async () => {
  const file = join(setupDirectory(), 'file')
  writeFileSync(file, '')
  const { code, stdout, stderr } = await spool(['list', file])
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(`${file} cannot be used: ENOTDIR`)
})

test('replay delivers everything, and leaves nothing', async () => {
  const sink = await setupCountingSink()
  const directory = left(300, 7)
  const { code, stdout } = await spool(['replay', directory], to(sink.url))
  expect(stdout).toContain(`307 spans in ${directory}\n`)
  expect(stdout).toContain(`307 spans delivered to ${sink.url}.\n`)
  expect(code).toBe(0)
  expect(await sink.stats()).toMatchObject({ delivered: 307, deliveredTwice: 0 })
  expect(readdirSync(directory)).toEqual([])
  const again = await spool(['replay', directory], to(sink.url))
  expect([again.code, again.stdout]).toEqual([0, `Nothing in ${directory} can be delivered.\n`])
})

test('what replay cannot deliver stays, and the exit code is 1', async () => {
  const sink = await setupCountingSink()
  const directory = left(300)
  await sink.stopListening()
  const { code, stdout } = await spool(['replay', directory, '--wait', '4'], to(sink.url))
  expect(stdout).toContain(`waiting for ${sink.url}: `)
  expect(stdout).toContain('0 spans delivered')
  expect(stdout).toContain('300 spans of 1 owner stay where they are')
  expect(code).toBe(1)
  await sink.listenAgain()
  expect((await spool(['replay', directory], to(sink.url))).code).toBe(0)
  expect(await sink.stats()).toMatchObject({ delivered: 300, deliveredTwice: 0 })
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s during replay waits for the answers that are due, and the rest stays',
  async (signal) => {
    const sink = await setupCountingSink()
    const directory = left(MANY)
    await sink.script({ delayMillis: 700, times: 1000 })
    const replay = start(['replay', directory], to(sink.url))
    // The second request is under way, and no more than two more.
    await expect.poll(async () => (await sink.stats()).delivered, { timeout: 15_000 }).toBeGreaterThan(0)
    replay.kill(signal)
    const { code, stdout, stderr } = await replay.ended
    expect(stdout, stderr).toContain('Stopping when the requests on their way are answered')
    expect(code).toBe(1)
    const { delivered } = await sink.stats()
    expect(delivered).toBeLessThan(MANY)
    expect(stdout).toContain(`${delivered} spans delivered to`)
    expect(stdout).toContain(`${MANY - delivered} spans of 1 owner stay where they are.`)
    await sink.script({})
    expect((await spool(['replay', directory], to(sink.url))).code).toBe(0)
    expect(await sink.stats()).toMatchObject({ delivered: MANY, deliveredTwice: 0 })
    expect(readdirSync(directory)).toEqual([])
  },
)

test('what the backend refuses for good is named, and gone', async () => {
  const sink = await setupCountingSink()
  const directory = left(300)
  await sink.script({ status: 400, times: 10 })
  const { code, stdout } = await spool(['replay', directory], to(sink.url))
  expect(stdout).toMatch(/300 spans failed: \w+\.\n/)
  expect(code).toBe(1)
  expect(readdirSync(directory)).toEqual([])
})

test('empty deletes what dead owners have left, if it is told twice', async () => {
  const directory = left(300, 7)
  const before = snapshot(directory)
  const refused = await spool(['empty', directory])
  expect(refused.stderr).toContain('This would delete 307 spans, which were never delivered. If you mean that, add --yes.')
  expect(refused.code).toBe(2)
  expect(snapshot(directory)).toEqual(before)
  const { code, stdout } = await spool(['empty', directory, '--yes'])
  expect([code, stdout]).toEqual([0, '307 spans of 2 owners deleted.\n'])
  expect(readdirSync(directory)).toEqual([])
})

test('what a running process has is left to it', async () => {
  const sink = await setupCountingSink()
  const directory = left(7)
  await sink.stopListening()
  const options = JSON.stringify({ url: sink.url, spool: { directory } })
  const running = new Program(END, ['stay', options, '300'], { limitMillis: 60_000 })
  onTestFinished(() => running.kill('SIGKILL'))
  await running.printed('stored')
  const listed = await spool(['list', directory])
  expect(listed.stdout).toMatch(/ {2}running \(pid \d+ on \S+\) +3\d\d /)
  const emptied = await spool(['empty', directory, '--yes'])
  expect(emptied.code).toBe(0)
  const replayed = await spool(['replay', directory], to(sink.url))
  expect([replayed.code, replayed.stdout]).toEqual([0, `Nothing in ${directory} can be delivered.\n`])
  expect((await spool(['list', directory])).stdout).toMatch(/ {2}running .* 30[07] /)
})

test('files of another version stay, and are named', async () => {
  const directory = left(7)
  writeFileSync(segmentIn(directory), Uint8Array.from([0x53, 0x50, 0x53, 0x47, 9, 0, 20, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9]))
  expect((await spool(['list', directory])).stdout).toContain('it has another format (9)')
  const { code, stdout } = await spool(['empty', directory, '--yes', '--wait', '1'])
  expect(stdout).toContain('stay where they are')
  expect(code).toBe(1)
})

test.each<readonly [what: string, args: readonly string[], answer: string]>([
  ['nothing', [], 'what is to be done is missing'],
  ['another word', ['purge', 'd'], 'purge is not list, replay or empty'],
  ['no directory', ['list'], 'name the directory, or set SPANRING_SPOOL_DIRECTORY'],
  ['two directories', ['list', 'a', 'b'], 'only one directory can be given'],
  ['an option of another command', ['list', 'd', '--yes'], '--yes'],
  ['a header that was not quoted', ['replay', 'd', '--header', 'a=Bearer', 'secret'], 'a value with spaces has to be quoted'],
  ['a header whose option is misspelt', ['replay', 'd', '--headers=a=secret'], 'Unknown option'],
  ['a header without a name', ['replay', 'd', '--header', '=secret'], '--header must be name=value'],
  ['an endpoint without a scheme', ['replay', 'd', '--endpoint', 'localhost:4318'], 'must start with http:// or https://'],
  ['a time that is none', ['empty', 'd', '--yes', '--wait', 'long'], '--wait must be a number of seconds'],
])('a command line with %s is refused with 2', async (_what, args, answer) => {
  const { code, stdout, stderr } = await spool(args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(answer)
  expect(stderr).not.toContain('secret')
  expect(stderr).toContain('Usage: spanring spool list')
})

test('help is no error, and fits a terminal', async () => {
  const { code, stdout } = await spool(['--help'])
  expect(code).toBe(0)
  expect(stdout).toContain('Usage: spanring spool list')
  const all = await new Program(COMMAND, ['--help']).ended
  expect([all.code, all.stderr]).toEqual([0, ''])
  for (const name of ['doctor', 'spool']) expect(all.stdout).toMatch(new RegExp(String.raw`^${name} +\w`, 'm'))
  expect(`${stdout}${all.stdout}`.split('\n').filter((line) => line.length > 120)).toEqual([])
})
