import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { corpus } from '../../test/corpora.ts'
import { BATCH, instantIn, LIMIT_EVENTS, readMessage, SINGLE, type CloudEvent, type Envelope } from './cloud-events.ts'
import { Fault } from '../lib/fault.ts'

const message = (headers: Record<string, string>, body: string): ReturnType<typeof readMessage> =>
  readMessage({ headers, body: new TextEncoder().encode(body) })
const single = (event: object): Envelope => message({ 'content-type': SINGLE }, JSON.stringify(event)).envelopes[0]!
const EVENT = {
  specversion: '1.0',
  id: '1',
  source: 'erp',
  type: 'posting.parked',
  time: '2026-01-15T08:00:00Z',
  data: { postingNo: '5100' },
}
const faultIn = (envelope: Envelope): string => ('fault' in envelope ? `${envelope.fault.code} ${envelope.fault.detail ?? ''}` : 'taken')

describe('a CloudEvent', () => {
  it('is read with its attributes, extensions and data', () => {
    expect(single({ ...EVENT, subject: 'inv', correlationid: 'c', dataschema: 'urn:x' })).toEqual({
      event: {
        id: '1',
        source: 'erp',
        type: 'posting.parked',
        subject: 'inv',
        time: '2026-01-15T08:00:00.000Z',
        extensions: { correlationid: 'c' },
        data: { postingNo: '5100' },
      },
    })
  })

  it.each([
    ['another version', { ...EVENT, specversion: '0.3' }, 'specversion is not 1.0'],
    ['no id', { ...EVENT, id: undefined }, 'lacks id'],
    ['an empty id', { ...EVENT, id: '' }, 'id is a text that is not empty'],
    ['a number as id', { ...EVENT, id: 5 }, 'id is a text'],
    ['an object as attribute', { ...EVENT, extra: {} }, 'extra is neither'],
    ['a name that is none', { ...EVENT, 'Extra-1': 'x' }, 'name of an attribute'],
    ['a time that is none', { ...EVENT, time: '2026-02-30T08:00:00Z' }, 'time is not an instant'],
    ['a time without offset', { ...EVENT, time: '2026-02-20T08:00:00' }, 'time is not an instant'],
    ['bytes', { ...EVENT, data: undefined, data_base64: 'AAAA' }, 'media-type-unknown'],
    ['data that are not JSON', { ...EVENT, datacontenttype: 'application/xml', data: '<a/>' }, 'media-type-unknown'],
    ['a list', [EVENT], 'An event is a JSON object'],
  ])('is refused with %s', (_what, event, says) => {
    expect(faultIn(single(event))).toContain(says)
  })

  it('has an instant with an offset, cut to milliseconds', () => {
    expect(instantIn('2018-04-05T03:56:24.123456789+02:00')).toBe('2018-04-05T01:56:24.123Z')
    expect(instantIn('2024-02-29t00:00:00z')).toBe('2024-02-29T00:00:00.000Z')
    for (const text of [
      '2023-02-29T00:00:00Z',
      '2026-04-31T00:00:00Z',
      '2026-01-01T24:00:01Z',
      '2026-01-01T23:59:60Z',
      '2026-01-01',
      '1969-12-31T23:59:59Z',
      'now',
    ])
      expect(instantIn(text), text).toBeUndefined()
  })

  it('comes in batches, in which one that is wrong harms no other', () => {
    const { batch, envelopes } = message({ 'content-type': BATCH }, JSON.stringify([EVENT, { ...EVENT, id: '' }, 7]))
    expect(batch).toBe(true)
    expect(envelopes.map(faultIn).map((says) => says.split(' ')[0])).toEqual(['taken', 'event-not-valid', 'event-not-valid'])
    expect(() => message({ 'content-type': BATCH }, JSON.stringify(EVENT))).toThrow(Fault)
    expect(() => message({ 'content-type': BATCH }, JSON.stringify(Array.from({ length: LIMIT_EVENTS + 1 }, () => EVENT)))).toThrow(
      /at most 500/u,
    )
  })

  it('may have its attributes in headers, percent-encoded', () => {
    const { envelopes } = message(
      { 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-id': 'a%20b%E2%82%AC', 'ce-source': 'erp', 'ce-type': 't' },
      '{"x":"y"}',
    )
    expect(envelopes).toEqual([
      { event: { id: 'a b€', source: 'erp', type: 't', datacontenttype: 'application/json', extensions: {}, data: { x: 'y' } } },
    ])
    expect(() => message({ 'content-type': 'application/json' }, '{}')).toThrow(/Send application\/cloudevents\+json/u)
    expect(faultIn(message({ 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-id': '%' }, '{}').envelopes[0]!)).toContain(
      'percent-encoded',
    )
  })
})

const conformance = corpus('cloudevents-conformance')

/** Requests and expected attributes of the scenarios of an HTTP binding feature, with each of their examples. */
function scenarios(feature: string): { title: string; request: string; attributes: Record<string, string>; data: unknown }[] {
  return feature
    .split('Scenario Outline:')
    .slice(1)
    .flatMap((block) => {
      const texts = [...block.matchAll(/"""\n([\s\S]*?)\n\s*"""/gu)].map(([, text = '']) => text.replace(/^ {8}/gmu, ''))
      const rows = [...block.matchAll(/^\s*\|([^|]*)\|([^|]*)\|\s*$/gmu)].map(
        ([, key = '', value = '']) => [key.trim(), value.trim()] as const,
      )
      const examples =
        block
          .split('Examples:')[1]
          ?.match(/^\s*\|([^|]*)\|\s*$/gmu)
          ?.map((line) => line.replaceAll('|', '').trim())
          .slice(1) ?? []
      return examples.map((contentType) => {
        const filled = (text: string): string => text.replaceAll('<contentType>', contentType)
        return {
          title: `${block.split('\n')[0]?.trim()} ${contentType}`,
          request: filled(texts[0] ?? ''),
          data: JSON.parse(texts.at(-1) ?? 'null') as unknown,
          attributes: Object.fromEntries(rows.filter(([key]) => key !== 'key').map(([key, value]) => [key, filled(value)])),
        }
      })
    })
}

describe.skipIf(!conformance)('the CloudEvents conformance files', () => {
  const read = (path: string): string => readFileSync(join(conformance ?? '', path), 'utf8')

  it('are understood: every request of the HTTP binding gives the attributes and data that it must', () => {
    const found = scenarios(read('features/http-protocol-binding.feature'))
    expect(found.length).toBe(4)
    for (const { title, request, attributes, data } of found) {
      const [head = '', body = ''] = request.split('\n\n')
      const headers = Object.fromEntries(
        head
          .split('\n')
          .slice(1)
          .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      )
      const [envelope] = message(headers, body).envelopes
      expect(envelope && 'event' in envelope, title).toBe(true)
      const { extensions, time, data: given, ...rest } = (envelope as { event: CloudEvent }).event
      expect({ ...rest, specversion: '1.0', time: time?.replace('.000', '') }, title).toEqual(attributes)
      expect(extensions, title).toEqual({})
      expect(given, title).toEqual(data)
    }
  })

  it('of the minimal events those with JSON data are read, and the others are refused by what they hold', () => {
    const events = read('yaml/v1.0/v1_minimum.yaml')
      .split('---')
      .map((text) => {
        const attribute = (name: string): string => new RegExp(`^  ${name}: (.*)$`, 'mu').exec(text)?.[1] ?? ''
        return {
          event: {
            specversion: attribute('specversion'),
            type: attribute('type'),
            id: attribute('id'),
            source: attribute('source'),
            datacontenttype: attribute('datacontenttype'),
          },
          data: text.split('Data: |\n')[1]?.trim() ?? '',
        }
      })
    const outcomes = events.map(({ event, data }) => {
      const json = event.datacontenttype.startsWith('application/json')
      return [event.id, faultIn(single({ ...event, data: json ? (JSON.parse(data) as unknown) : data })).split(' ')[0]]
    })
    expect(outcomes).toEqual([
      ['conformance-0001', 'media-type-unknown'],
      ['conformance-0002', 'media-type-unknown'],
      ['conformance-0003', 'taken'],
      ['conformance-0004', 'taken'],
      ['conformance-0005', 'taken'],
      ['conformance-0006', 'media-type-unknown'],
    ])
  })

  it('of version 0.3 are refused by their version', () => {
    const text = read('yaml/v03.yaml')
    const attribute = (name: string): string => new RegExp(`^  ${name}: (.*)$`, 'mu').exec(text)?.[1] ?? ''
    expect(
      faultIn(
        single({
          specversion: attribute('specversion'),
          id: attribute('id'),
          source: attribute('source'),
          type: attribute('type'),
          data: {},
        }),
      ),
    ).toContain('specversion')
  })
})
