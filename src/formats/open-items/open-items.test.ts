import { describe, expect, test } from 'vitest'
import { cutOverGaps } from '../../domain/cut-over.ts'
import { readCsv } from './csv.ts'
import { readOpenItems } from './open-items.ts'

const HEAD = 'document,supplier,number,postedOn,account,currency,amount,open'
const read = (text: string): ReturnType<typeof readOpenItems> => readOpenItems(new TextEncoder().encode(text))
const said = (text: string): string => {
  const items = read(text)
  return 'problems' in items ? items.problems.map(({ line, says }) => `${line}: ${says}`).join(' | ') : 'read'
}

describe('comma-separated values', () => {
  test('quotes, doubled quotes, line breaks inside, both line ends, a mark of byte order, empty lines and cells', () => {
    expect(readCsv('\uFEFFa,b\r\n"x, ""y""\nz",2\r\n\r\n,\nlast,')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['x, "y"\nz', '2'] },
      { line: 5, cells: ['', ''] },
      { line: 6, cells: ['last', ''] },
    ])
  })
  test('a semicolon where the first line has one', () => {
    expect(readCsv('a;b\n1,5;2')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['1,5', '2'] },
    ])
  })
  test('what is no such text is told by line', () => {
    expect(readCsv('a,b\n"x,2')).toMatchObject({ line: 2 })
    expect(readCsv('a,b\n"x"y,2')).toMatchObject({ line: 2 })
  })
})

describe('open items', () => {
  test('rows of one document are one item, first in its own currency', () => {
    expect(
      read(
        `${HEAD}\n51,K-1,RE 1,2026-01-15,160000,USD,119.00,100.00\n51,K-1,RE 1,2026-01-15,160000,EUR,0.00,-3.51\n52,K-2,GS 2,2026-01-16,160000,EUR,-50.00,-50.00\n`,
      ),
    ).toEqual({
      items: [
        {
          postingNo: '51',
          supplier: 'K-1',
          number: 'RE 1',
          amount: '119.00',
          currency: 'USD',
          postedOn: '2026-01-15',
          open: [
            { account: '160000', currency: 'USD', amount: '100.00' },
            { account: '160000', currency: 'EUR', amount: '-3.51' },
          ],
        },
        {
          postingNo: '52',
          supplier: 'K-2',
          number: 'GS 2',
          amount: '-50.00',
          currency: 'EUR',
          postedOn: '2026-01-16',
          open: [{ account: '160000', currency: 'EUR', amount: '-50.00' }],
        },
      ],
    })
  })

  test('JSON with the same names gives the same', () => {
    const row = {
      document: '51',
      supplier: 'K-1',
      number: 'RE 1',
      postedOn: '2026-01-15',
      account: '160000',
      currency: 'EUR',
      amount: '119.00',
      open: '119.00',
    }
    expect(read(JSON.stringify([row]))).toEqual(read(`${HEAD}\n${Object.values(row).join(',')}\n`))
    expect(said(JSON.stringify([{ ...row, amount: 119 }]))).toContain('item 1 does not have the members')
    expect(said('{"items":[]}')).toContain('no list')
  })

  test('everything that is wrong is told, each with its line', () => {
    expect(said(`${HEAD.replace('open', 'rest')}\n`)).toBe(
      `1: there is no column open; a column rest is not known; the columns are ${HEAD.replaceAll(',', ', ')}`,
    )
    expect(said(`${HEAD}\n,K-1,RE 1,2026-02-30,160000,EUR,1.005,1e3\n51,K-1,RE 1`)).toBe('3: it has 3 cells; the head has 8')
    expect(said(`${HEAD}\n,K-1,RE 1,2026-02-30,160000,EUR,1.005,1e3`)).toBe(
      '2: document is no text of 1 to 140 characters | 2: amount 1.005 is no amount in EUR, such as 119.00 | 2: open 1e3 is no amount in EUR, such as 119.00 | 2: postedOn 2026-02-30 is no date YYYY-MM-DD',
    )
    const row = '51,K-1,RE 1,2026-01-15,160000,EUR,1,1'
    expect(said(`${HEAD}\n${row}\n${row}`)).toBe('3: document 51 is there twice in EUR')
    expect(said(`${HEAD}\n${row}\n${row.replace('K-1', 'K-2')}`)).toContain('of another supplier')
    expect(said(HEAD)).toBe('1: the file holds no item')
    expect(readOpenItems(new Uint8Array([0xff, 0xfe]))).toMatchObject({ problems: [{ says: 'the file is not UTF-8' }] })
  })
})

test('items and balance are compared per account and currency, to the last digit, both ways', () => {
  const item = (postingNo: string, amount: string, currency = 'EUR', account = '160000') => ({
    postingNo,
    supplier: 'K',
    number: postingNo,
    amount,
    currency,
    postedOn: '2026-01-15',
    open: [{ account, currency, amount }],
  })
  const items = [item('1', '0.10'), item('2', '0.20'), item('3', '-0.05'), item('4', '7', 'JPY')]
  expect(
    cutOverGaps(items, [
      { account: '160000', currency: 'EUR', amount: '0.25' },
      { account: '160000', currency: 'JPY', amount: '7' },
    ]),
  ).toEqual([])
  expect(
    cutOverGaps(items, [
      { account: '160000', currency: 'EUR', amount: '0.26' },
      { account: '165000', currency: 'EUR', amount: '1' },
    ]),
  ).toEqual([
    { account: '160000', currency: 'EUR', items: '0.25', balance: '0.26', difference: '-0.01' },
    { account: '160000', currency: 'JPY', items: '7', balance: '0', difference: '7' },
    { account: '165000', currency: 'EUR', items: '0', balance: '1', difference: '-1' },
  ])
})
