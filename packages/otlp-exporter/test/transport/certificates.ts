// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** X.509 by hand, as much of it as a test of TLS needs; Node.js can read certificates and cannot make them. */
export interface Certificate {
  readonly name: string
  readonly cert: string
  readonly key: string
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

/** ECDSA with SHA-256. */
const ALGORITHM = Buffer.from('300a06082a8648ce3d040302', 'hex')

/** Of the last certificate: an issuer gives each another. */
let serialNumber = 0

/** A certificate for 127.0.0.1 and localhost, signed by the issuer; without one an authority that signs itself. */
export function makeCertificate(name: string, issuer?: Certificate): Certificate {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(++serialNumber),
    ALGORITHM,
    distinguishedName(issuer?.name ?? name),
    sequence(time(Date.now() - 3_600_000), time(Date.now() + 86_400_000)),
    distinguishedName(name),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(basicConstraints(issuer === undefined), alternativeNames())),
  )
  return {
    name,
    cert: signed('CERTIFICATE', body, issuer?.keys.privateKey ?? keys.privateKey),
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    keys,
  }
}

/** A list of certificates that the issuer has revoked, none, which another should have replaced an hour ago. */
export function makeExpiredCrl(issuer: Certificate): string {
  const dates = [time(Date.now() - 7_200_000), time(Date.now() - 3_600_000)]
  return signed('X509 CRL', sequence(ALGORITHM, distinguishedName(issuer.name), ...dates), issuer.keys.privateKey)
}

function signed(label: string, body: Buffer, key: KeyObject): string {
  const der = sequence(body, ALGORITHM, tagged(0x03, Buffer.from([0]), sign('sha256', body, key)))
  const lines = der.toString('base64').replaceAll(/.{64}/g, '$&\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}

function tagged(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...parts: Uint8Array[]): Buffer {
  return tagged(0x30, ...parts)
}

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'))
}

function integer(value: number): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return tagged(0x02, bytes.readUInt8(0) > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

function distinguishedName(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(oid('550403'), tagged(0x0c, Buffer.from(commonName)))))
}

function time(millis: number): Buffer {
  const text = new Date(millis).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return tagged(0x18, Buffer.from(text))
}

function basicConstraints(isAuthority: boolean): Buffer {
  const content = isAuthority ? sequence(tagged(0x01, Buffer.from([255]))) : sequence()
  return sequence(oid('551d13'), tagged(0x01, Buffer.from([255])), tagged(0x04, content))
}

function alternativeNames(): Buffer {
  const names = sequence(
    tagged(0x82, Buffer.from('localhost')),
    tagged(0x82, Buffer.from('collector.test')),
    tagged(0x87, Buffer.from([127, 0, 0, 1])),
  )
  return sequence(oid('551d11'), tagged(0x04, names))
}
