// SPDX-License-Identifier: Apache-2.0

/** A chart in the language of Vega-Lite. */
export type Chart = Readonly<Record<string, unknown>>

interface VegaLite {
  readonly compile: (chart: Chart) => { spec: object }
}

interface Vega {
  readonly parse: (spec: object) => object
  readonly View: new (runtime: object, options: { renderer: 'none' }) => { toSVG(): Promise<string>; finalize(): void }
}

// By variables, so that the compiler does not read their declarations: these are for browsers, and name what Node.js has not.
const names = { vegaLite: 'vega-lite', vega: 'vega' }

/** Draws without a browser. */
export async function renderSvg(chart: Chart): Promise<string> {
  const { compile } = (await import(names.vegaLite)) as VegaLite
  const { parse, View } = (await import(names.vega)) as Vega
  const view = new View(parse(compile(chart).spec), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  return svg
}
