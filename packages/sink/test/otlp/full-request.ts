// SPDX-License-Identifier: Apache-2.0
// One request with every field, three times: as bytes, as OTLP/JSON, and as the span that both must become.
import type { ReceivedSpan } from '../../src/otlp/received-span.js'
import { block, double, fixed32, fixed64, hex, int, pair } from '../wire.js'

const traceId = '5b8efff798038103d269b633813fc60c'
const linkedTraceId = 'ffeeddccbbaa99887766554433221100'

export const fullBytes: Buffer = block(
  1,
  block(
    1,
    pair(1, 'service.name', block(1, 'shop')),
    int(2, 3),
    block(3, block(1, 'https://entity'), block(2, 'service'), block(3, 'service.name'), block(4, 'a'), block(4, 'b')),
  ),
  block(
    2,
    block(1, block(1, 'lib'), block(2, '1.2.3'), pair(3, 'scope.key', int(2, 1)), int(4, 4)),
    block(
      2,
      hex(1, traceId),
      hex(2, 'eee19b7ec3c1b174'),
      block(3, 'vendor=value,other=1'),
      hex(4, 'eee19b7ec3c1b173'),
      block(5, 'GET /ü'),
      int(6, 2),
      fixed64(7, 1_544_712_660_300_000_001n),
      fixed64(8, 2n ** 64n - 1n),
      pair(9, 'text', block(1, 'value')),
      pair(9, 'no', int(2, 0)),
      pair(9, 'largest', int(3, 2n ** 63n - 1n)),
      pair(9, 'smallest', int(3, -(2n ** 63n))),
      pair(9, 'half', double(4, 0.5)),
      pair(9, 'whole double', double(4, 3)),
      pair(9, 'nan', double(4, NaN)),
      pair(9, 'infinite', double(4, -Infinity)),
      pair(9, 'list', block(5, block(1, int(3, 1)), block(1, block(1, 'two')), block(1), block(1, block(5)))),
      pair(9, 'map', block(6, pair(1, 'a', int(3, 1)), pair(1, 'a', int(3, 2)), block(1, block(1, 'no value')))),
      pair(9, 'bytes', block(7, Buffer.from([0, 255, 62, 63]))),
      pair(9, 'empty'),
      pair(9, 'empty text', block(1, '')),
      pair(9, '__proto__', block(1, 'harmless')),
      pair(9, 'text', block(1, 'again')),
      int(10, 5),
      block(11, fixed64(1, 1_544_712_660_300_000_002n), block(2, 'event'), pair(3, 'k', int(2, 1)), int(4, 6)),
      int(12, 7),
      block(
        13,
        hex(1, linkedTraceId),
        hex(2, '0102030405060708'),
        block(3, 'l=1'),
        pair(4, 'k', int(3, 9)),
        int(5, 8),
        fixed32(6, 0x301),
      ),
      int(14, 9),
      block(15, block(2, 'broken'), int(3, 2)),
      fixed32(16, 0xffff_ff01),
    ),
    block(3, 'https://scope-schema'),
  ),
  block(3, 'https://resource-schema'),
)

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } })

export const fullJson = {
  resourceSpans: [
    {
      resource: {
        attributes: [text('service.name', 'shop')],
        droppedAttributesCount: 3,
        entityRefs: [{ schemaUrl: 'https://entity', type: 'service', idKeys: ['service.name'], descriptionKeys: ['a', 'b'] }],
      },
      scopeSpans: [
        {
          scope: {
            name: 'lib',
            version: '1.2.3',
            attributes: [{ key: 'scope.key', value: { boolValue: true } }],
            droppedAttributesCount: 4,
          },
          spans: [
            {
              traceId: traceId.toUpperCase(),
              spanId: 'eee19b7ec3c1b174',
              traceState: 'vendor=value,other=1',
              parentSpanId: 'eee19b7ec3c1b173',
              flags: 0xffff_ff01,
              name: 'GET /ü',
              kind: 2,
              startTimeUnixNano: '1544712660300000001',
              endTimeUnixNano: '18446744073709551615',
              attributes: [
                text('text', 'value'),
                { key: 'no', value: { boolValue: false } },
                { key: 'largest', value: { intValue: '9223372036854775807' } },
                { key: 'smallest', value: { intValue: '-9223372036854775808' } },
                { key: 'half', value: { doubleValue: 0.5 } },
                { key: 'whole double', value: { doubleValue: 3 } },
                { key: 'nan', value: { doubleValue: 'NaN' } },
                { key: 'infinite', value: { doubleValue: '-Infinity' } },
                {
                  key: 'list',
                  value: { arrayValue: { values: [{ intValue: 1 }, { stringValue: 'two' }, {}, { arrayValue: {} }] } },
                },
                {
                  key: 'map',
                  value: {
                    kvlistValue: {
                      values: [{ key: 'a', value: { intValue: 1 } }, { key: 'a', value: { intValue: '2' } }, { key: 'no value' }],
                    },
                  },
                },
                { key: 'bytes', value: { bytesValue: 'AP8+Pw==' } },
                { key: 'empty', value: {} },
                text('empty text', ''),
                text('__proto__', 'harmless'),
                text('text', 'again'),
              ],
              droppedAttributesCount: 5,
              events: [
                {
                  timeUnixNano: '1544712660300000002',
                  name: 'event',
                  attributes: [{ key: 'k', value: { boolValue: true } }],
                  droppedAttributesCount: 6,
                },
              ],
              droppedEventsCount: 7,
              links: [
                {
                  traceId: linkedTraceId,
                  spanId: '0102030405060708',
                  traceState: 'l=1',
                  attributes: [{ key: 'k', value: { intValue: '9' } }],
                  droppedAttributesCount: 8,
                  flags: 0x301,
                },
              ],
              droppedLinksCount: 9,
              status: { code: 2, message: 'broken' },
            },
          ],
          schemaUrl: 'https://scope-schema',
        },
      ],
      schemaUrl: 'https://resource-schema',
    },
  ],
}

export const fullSpan: ReceivedSpan = {
  traceId,
  spanId: 'eee19b7ec3c1b174',
  parentSpanId: 'eee19b7ec3c1b173',
  traceState: 'vendor=value,other=1',
  flags: 0xffff_ff01,
  name: 'GET /ü',
  kind: 2,
  startTimeUnixNano: '1544712660300000001',
  endTimeUnixNano: '18446744073709551615',
  attributes: {
    text: 'value',
    no: false,
    largest: 9223372036854775807n,
    smallest: -9223372036854775808n,
    half: 0.5,
    'whole double': 3,
    nan: NaN,
    infinite: -Infinity,
    list: [1n, 'two', null, []],
    map: { a: 1n, 'no value': null },
    bytes: Uint8Array.from([0, 255, 62, 63]),
    empty: null,
    'empty text': '',
    ['__proto__']: 'harmless',
  },
  repeatedKeys: [
    { path: ['map', 'a'], value: 2n },
    { path: ['text'], value: 'again' },
  ],
  droppedAttributesCount: 5,
  events: [{ timeUnixNano: '1544712660300000002', name: 'event', attributes: { k: true }, droppedAttributesCount: 6 }],
  droppedEventsCount: 7,
  links: [
    {
      traceId: linkedTraceId,
      spanId: '0102030405060708',
      traceState: 'l=1',
      flags: 0x301,
      attributes: { k: 9n },
      droppedAttributesCount: 8,
    },
  ],
  droppedLinksCount: 9,
  status: { code: 2, message: 'broken' },
  resource: {
    attributes: { 'service.name': 'shop' },
    droppedAttributesCount: 3,
    entityRefs: [{ schemaUrl: 'https://entity', type: 'service', idKeys: ['service.name'], descriptionKeys: ['a', 'b'] }],
    schemaUrl: 'https://resource-schema',
  },
  scope: {
    name: 'lib',
    version: '1.2.3',
    attributes: { 'scope.key': true },
    droppedAttributesCount: 4,
    schemaUrl: 'https://scope-schema',
  },
}
