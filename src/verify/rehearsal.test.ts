import { describe, expect, test } from 'vitest'
import { ed25519Verify, keyOfPem, newPrivateKeyPem } from '../seal/ed25519.ts'
import { sha256 } from '../store/sha256.ts'
import { openCheckpoint } from '../tlog/checkpoint.ts'
import { signNote, verifierKey, type VerifierKey } from '../tlog/note.ts'
import { isRefused } from '../tlog/refused.ts'
import { REPORT_KEY, reportText, verifyReport } from './rehearsal.ts'

const made = keyOfPem(newPrivateKeyPem())!
const key = verifierKey(sha256, `hub.example.com/${REPORT_KEY}`, made.publicKey) as VerifierKey
const FILES: Readonly<Record<string, string>> = { 'ap-outage.md': '# The AP tool is away\n', 'ap-outage.json': '{"verdict":"held"}\n' }
const bytesOf = (text: string | undefined): Uint8Array | undefined => (text === undefined ? undefined : new TextEncoder().encode(text))
const files = Object.entries(FILES).map(([name, text]) => ({ name, bytes: bytesOf(text)! }))
const note = signNote(reportText(sha256, 'ap-outage', files), key, made.sign)
const check = (changed: Readonly<Record<string, string | undefined>> = {}, of = note, by = key) =>
  verifyReport(sha256, ed25519Verify, by, of, (name) => bytesOf({ ...FILES, ...changed }[name]))

describe('the signed report of a rehearsal', () => {
  test('holds word for word', () => {
    expect(check()).toEqual({ holds: true, scenario: 'ap-outage', files: ['ap-outage.md', 'ap-outage.json'], findings: [] })
  })

  test('every byte that is changed in either file is found, and which file it is', () => {
    for (const [name, text] of Object.entries(FILES)) {
      for (let at = 0; at < text.length; at++) {
        const changed = `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`
        expect(check({ [name]: changed })).toMatchObject({ holds: false, findings: [`${name} was changed since it was signed`] })
      }
    }
  })

  test('a file that is gone is missed', () => {
    expect(check({ 'ap-outage.md': undefined })).toMatchObject({ holds: false, findings: ['ap-outage.md is missing or cannot be read'] })
  })

  test('every byte that is changed in the note itself is refused', () => {
    for (let at = 0; at < note.length; at++) {
      const changed = `${note.slice(0, at)}${note[at] === '0' ? '1' : '0'}${note.slice(at + 1)}`
      expect(isRefused(check({}, changed)), `character ${at}`).toBe(true)
    }
  })

  test('another key vouches for nothing, and a report is no checkpoint', () => {
    const stranger = keyOfPem(newPrivateKeyPem())!
    expect(isRefused(check({}, note, verifierKey(sha256, key.name, stranger.publicKey) as VerifierKey))).toBe(true)
    expect(isRefused(openCheckpoint(note, key, ed25519Verify))).toBe(true)
  })

  test('a note of the same key that names a path is refused', () => {
    const outside = signNote(reportText(sha256, 'ap-outage', [{ name: '../key.json', bytes: new Uint8Array() }]), key, made.sign)
    expect(isRefused(check({}, outside))).toBe(true)
  })
})
