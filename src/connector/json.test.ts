import { expect, test } from 'vitest'
import { z } from 'zod'
import { readJson } from './json.ts'

const read = (type: string | undefined): unknown =>
  readJson(
    {
      transport: 'http',
      status: 201,
      headers: type === undefined ? {} : { 'content-type': type },
      body: new TextEncoder().encode('{"docNo":"51"}'),
    },
    z.object({ docNo: z.string() }),
  )

test.each([
  'application/json',
  'application/json; charset=utf-8',
  'Application/JSON;charset=UTF-8',
  'application/problem+json',
  'application/vnd.api+json; v=1',
  'text/json',
])('%s is read as JSON', (type) => {
  expect(read(type)).toEqual({ value: { docNo: '51' } })
})

test('an answer that does not say what it is may be looked into', () => {
  expect(read(undefined)).toEqual({ value: { docNo: '51' } })
})

test.each([
  'text/html',
  'text/html; charset=utf-8',
  'image/png',
  'text/plain',
  'application/json, text/html',
  'text/html; was=application/json',
  'application/jsonp',
  'application/octet-stream',
  '',
  'json',
])('JSON that says it is “%s” is nobody’s answer to us', (type) => {
  expect(read(type)).toEqual({ trouble: `HTTP 201, and the body is ${type}, not JSON` })
})
