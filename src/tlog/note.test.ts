import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Sha256 } from '../lib/hash.ts'
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint, type Checkpoint } from './checkpoint.ts'
import { leafHash, nodeHash } from './hash.ts'
import { formatVerifierKey, openNote, parseVerifierKey, signNote, verifierKey, type Ed25519Verify, type VerifierKey } from './note.ts'
import { formatProofFile, parseProofFile, verifyProofFile } from './proof-file.ts'
import { isRefused } from './refused.ts'

const seed = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 2 ** 31)
console.log(`note.test.ts: TIEOUT_SEED=${seed}`)
const sha256: Sha256 = (data) => hash('sha256', data, 'buffer')
const check: Ed25519Verify = (publicKey, message, signature) =>
  verify(
    null,
    message,
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' }),
    signature,
  )

const pair = generateKeyPairSync('ed25519')
const publicKey = new Uint8Array(Buffer.from(pair.publicKey.export({ format: 'jwk' }).x!, 'base64url'))
const signWith = (message: Uint8Array): Uint8Array => sign(null, message, pair.privateKey)
const key = verifierKey(sha256, 'hub.example/acme', publicKey) as VerifierKey

describe('signed notes', () => {
  // golang.org/x/mod, sumdb/note/note_test.go: a key and a note published with that package.
  const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
  const note =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'

  test('of the Go package verify, and not when a letter is changed', () => {
    const parsed = parseVerifierKey(sha256, peter) as VerifierKey
    expect(isRefused(parsed)).toBe(false)
    expect(openNote(note, parsed, check)).toEqual({ text: note.slice(0, note.indexOf('\n\n') + 1) })
    expect(openNote(note.replace('answer', 'Answer'), parsed, check)).toEqual({ refused: 'its signature does not fit its text' })
    expect(isRefused(openNote(note.replace('PeterNeumann x08', 'PeterNeumann y08'), parsed, check))).toBe(true)
  })

  test('hold on one key among others, and on no other key', () => {
    const signed = signNote('text\n', key, signWith)
    const others = '— someone.example/else AAAAAAAA\n'
    expect(openNote(signed + others, key, check)).toEqual({ text: 'text\n' })
    expect(openNote(`text\n\n${others}`, key, check)).toEqual({ refused: expect.stringContaining('not signed by hub.example/acme') })
    const namesake = verifierKey(sha256, 'hub.example/acme', sha256('another key')) as VerifierKey
    expect(isRefused(openNote(signed, namesake, check))).toBe(true)
  })

  test('are refused when any one character is changed, left out or doubled', () => {
    const signed = signNote('hub.example/acme\n3\nroot\n', key, signWith)
    for (let at = 0; at < signed.length; at++) {
      const [before, it, after] = [signed.slice(0, at), signed.charAt(at), signed.slice(at + 1)]
      for (const other of [`${before}${it === 'x' ? 'y' : 'x'}${after}`, before + after, before + it + it + after]) {
        const opened = openNote(other, key, check)
        if (!isRefused(opened)) expect.fail(`accepted a change at ${at}: ${JSON.stringify(other)}`)
      }
    }
  })

  test('are refused when hostile, without an exception', () => {
    const signed = signNote('text\n', key, signWith)
    const hostile = [
      '',
      '\n\n',
      'text\n\n',
      `text\r\n\n${signed.split('\n\n')[1]}`,
      `a\u0000${signed}`,
      `\ud800${signed}`,
      signed.slice(0, -1),
      'x'.repeat(70_000),
      `text\n\n${'— a AAAAAAAA\n'.repeat(65)}`,
      '—',
      'text\n\n—  AAAAAAAA\n',
      'text\n\n— a+b AAAAAAAA\n',
    ]
    for (const one of hostile) expect(isRefused(openNote(one, key, check)), JSON.stringify(one.slice(0, 40))).toBe(true)
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (one) => {
        expect(isRefused(openNote(one, key, check))).toBe(true)
        expect(isRefused(parseVerifierKey(sha256, one))).toBe(true)
        expect(isRefused(parseCheckpoint(one))).toBe(true)
        expect(isRefused(parseProofFile(one))).toBe(true)
      }),
      { seed },
    )
  })

  test('keys are read in one spelling and their id must fit', () => {
    const text = formatVerifierKey(key)
    expect(parseVerifierKey(sha256, text)).toEqual(key)
    const [name, id, bytes] = text.split('+') as [string, string, string]
    for (const other of [`${name}+${id.toUpperCase()}1+${bytes}`, `x${text}`, `${name}+00000000+${bytes}`, `${text}=`, `${text}\n`, '']) {
      expect(isRefused(parseVerifierKey(sha256, other)), other).toBe(true)
    }
    for (const bad of ['', 'a b', 'a+b', 'a\u00a0b', 'a\u0000']) expect(isRefused(verifierKey(sha256, bad, publicKey)), bad).toBe(true)
  })
})

describe('checkpoints', () => {
  const checkpoint: Checkpoint = { origin: 'hub.example/acme', size: 3, root: new Uint8Array(sha256('root')) }

  test('are read as they were signed', () => {
    expect(openCheckpoint(signCheckpoint(checkpoint, key, signWith), key, check)).toEqual(checkpoint)
  })

  test('have one spelling', () => {
    const root = Buffer.from(checkpoint.root).toString('base64')
    for (const size of ['03', '+3', '-3', '3.0', '1e3', '', ' 3', '0x3', '9007199254740993', 'Infinity', '-0']) {
      expect(isRefused(parseCheckpoint(`o\n${size}\n${root}\n`)), size).toBe(true)
    }
    for (const text of [
      `o\n3\n${root}`,
      `o\n3\n${root}\n\n`,
      `o\n3\n${root}\nextension\n`,
      `\n3\n${root}\n`,
      `o\n3\n${root.slice(4)}\n`,
      `o\n3\n${root}=\n`,
    ]) {
      expect(isRefused(parseCheckpoint(text)), JSON.stringify(text)).toBe(true)
    }
    expect(parseCheckpoint(`o\n0\n${root}\n`)).toEqual({ origin: 'o', size: 0, root: checkpoint.root })
  })

  test('of another log are refused though the key signed them', () => {
    const other = signNote(formatCheckpoint({ ...checkpoint, origin: 'hub.example/other' }), key, signWith)
    expect(openCheckpoint(other, key, check)).toEqual({ refused: expect.stringContaining('hub.example/other') })
  })
})

describe('proof files', () => {
  const leaves = ['a', 'b'].map((leaf) => leafHash(sha256, leaf)) as [Uint8Array, Uint8Array]
  const note = signCheckpoint({ origin: key.name, size: 2, root: nodeHash(sha256, ...leaves) }, key, signWith)
  const text = formatProofFile({ index: 1, proof: [leaves[0]], checkpoint: note })

  test('prove a leaf to who has nothing but the key', () => {
    expect(text.split('\n').slice(0, 2)).toEqual(['c2sp.org/tlog-proof@v1', 'index 1'])
    expect(verifyProofFile(sha256, check, key, leaves[1], text)).toMatchObject({ index: 1, checkpoint: { size: 2 } })
    expect(verifyProofFile(sha256, check, key, leaves[0], text)).toEqual({ refused: 'it does not prove this leaf at index 1 of 2' })
  })

  test('carry extra bytes, and are refused when any one character is changed', () => {
    const extra = formatProofFile({ index: 1, proof: [leaves[0]], checkpoint: note, extra: Buffer.from('why') })
    expect(parseProofFile(extra)).toMatchObject({ index: 1, checkpoint: note })
    for (let at = 0; at < text.length; at++) {
      const other = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1)
      if (!isRefused(verifyProofFile(sha256, check, key, leaves[1], other))) expect.fail(`accepted a change at ${at}`)
    }
  })

  test('have one spelling', () => {
    for (const other of [
      text.replace('index 1', 'index 01'),
      text.replace('index 1\n', 'index 1\nextra AAAA\n'),
      text.replace('@v1', '@v2'),
      text.replace('index 1\n', ''),
      `\n${text}`,
      text.replaceAll('\n', '\r\n'),
    ]) {
      expect(isRefused(parseProofFile(other)), other.slice(0, 60)).toBe(true)
    }
  })

  test('of a private key kept as PEM verify with the same public key', () => {
    const again = createPrivateKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    expect(signNote('t\n', key, (message) => sign(null, message, again))).toBe(signNote('t\n', key, signWith))
  })
})
