// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SOURCES = fileURLToPath(new URL('../src/', import.meta.url))

/** The files below a folder of `src`, and what each of them imports by a relative path. */
function importsBelow(folder: string): { file: string; path: string }[] {
  const files = filesBelow(folder)
  expect(files.length).toBeGreaterThan(10)
  return files.flatMap((file) => {
    const text = readFileSync(`${SOURCES}${folder}/${file}`, 'utf8')
    return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map(([, path = '']) => ({ file, path }))
  })
}

function filesBelow(folder: string): string[] {
  return readdirSync(SOURCES + folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
}

/** What is loaded together with a file of `src`: the files from there, and the names of packages. */
function loadedBy(file: string): string[] {
  const text = readFileSync(SOURCES + file, 'utf8')
  const names = [...text.matchAll(/^(?:import|export)(?! type\b)[^']*? from '([^']+)'|^import '([^']+)'/gm)].map(
    ([, a, b]) => a ?? b ?? '',
  )
  return names.map((name) => (name.startsWith('.') ? join(dirname(file), name).replace(/\.js$/, '.ts') : name))
}

test('the transport is given what it needs: it imports nothing from config/ or encode/, not even a type', () => {
  const imports = importsBelow('transport')
  expect(imports.length).toBeGreaterThan(50)
  expect(imports.filter(({ path }) => /(?:^|\/)(?:config|encode)\//.test(path))).toEqual([])
})

test('the encoder knows neither options nor network: it imports nothing from config/ or transport/', () => {
  expect(importsBelow('encode').filter(({ path }) => /(?:^|\/)(?:config|transport)\//.test(path))).toEqual([])
})

test('of the spool, the others import its face alone', () => {
  const outside = filesBelow('.').filter((file) => !file.startsWith('spool/'))
  const imported = outside.flatMap((file) => {
    const text = readFileSync(SOURCES + file, 'utf8')
    return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map(([, path = '']) => join(dirname(file), path))
  })
  expect(new Set(imported.filter((path) => path.startsWith('spool/')))).toEqual(new Set(['spool/spool.js']))
})

const IS_FOR_CONNECTIONS = /^transport\/connection\/|^undici(?:\/|$)/

test('only the transport loads undici and the code for connections', () => {
  const outside = filesBelow('.').filter((file) => !file.startsWith('transport/'))
  expect(outside.length).toBeGreaterThan(30)
  expect(outside.filter((file) => loadedBy(file).some((name) => IS_FOR_CONNECTIONS.test(name)))).toEqual([])
  expect(loadedBy('transport/connection/undici.ts').some((name) => IS_FOR_CONNECTIONS.test(name))).toBe(true)
})

test('an import of the package loads neither: the transport is loaded when an exporter is made', () => {
  const loaded = new Set(['index.ts'])
  for (const file of loaded) if (file.endsWith('.ts')) for (const name of loadedBy(file)) loaded.add(name)
  expect(loaded).toContain('lazy-transport.ts')
  expect(loaded).toContain('transport/operation.ts')
  expect([...loaded].filter((name) => name === 'transport/transport.ts' || IS_FOR_CONNECTIONS.test(name))).toEqual([])
})

test('a warning that something given is not used begins with a code, by which the doctor knows it', () => {
  const texts = ['../../otlp-exporter/src/config', '../../batch-span-processor/src'].flatMap((folder) => {
    const dir = fileURLToPath(new URL(`${folder}/`, import.meta.url))
    return readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [...readFileSync(dir + file, 'utf8').matchAll(/(?:warn|warnLater|onWarning)\(\s*`([^`]*)`/g)])
      .map(([, text = '']) => text)
      .filter((text) => /must be|cannot be|; (not used|left out|using)/.test(text))
  })
  expect(texts.length).toBeGreaterThan(15)
  const withoutCode = texts.filter((text) => !/^\$\{INVALID_(SETTING|HEADER_LIST)\} /.test(text))
  // It names what is used in its place, and nothing given is invalid.
  expect(withoutCode).toEqual([expect.stringContaining('httpAgentOptions is ${kind}, which cannot be used')])
})
