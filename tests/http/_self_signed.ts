/** A certificate for `localhost` that nobody has signed but itself, and its key, both as PEM. */
export interface SelfSigned {
  cert: string;
  key: string;
}

/** One DER element. */
function der(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return concat(new Uint8Array([tag, ...size]), ...parts);
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** A positive whole number. */
function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const value = bytes.subarray(start);
  return der(2, (value[0] ?? 0) > 127 ? concat(new Uint8Array(1), value) : value);
}

function hex(text: string): Uint8Array {
  return Uint8Array.fromHex(text);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** Makes a certificate that is good for a day. */
export async function selfSigned(): Promise<SelfSigned> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const text = new TextEncoder();
  // ecdsa-with-SHA256
  const algorithm = der(0x30, hex("06082a8648ce3d040302"));
  const name = der(0x30, der(0x31, der(0x30, hex("0603550403"), der(0x0c, text.encode("localhost")))));
  const time = (ms: number) => {
    const digits = new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14);
    return der(0x17, text.encode(`${digits}Z`));
  };
  const altNames = der(0x30, der(0x82, text.encode("localhost")), der(0x87, new Uint8Array([127, 0, 0, 1])));
  const body = der(
    0x30,
    der(0xa0, integer(new Uint8Array([2]))),
    integer(crypto.getRandomValues(new Uint8Array(8))),
    algorithm,
    name,
    der(0x30, time(Date.now() - 3_600_000), time(Date.now() + 86_400_000)),
    name,
    new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)),
    der(0xa3, der(0x30, der(0x30, hex("0603551d11"), der(4, altNames)))),
  );
  const raw = new Uint8Array(
    await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, body as BufferSource),
  );
  const signature = der(0x30, integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  const cert = der(0x30, body, algorithm, der(3, new Uint8Array(1), signature));
  return {
    cert: pem("CERTIFICATE", cert),
    key: pem("PRIVATE KEY", new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey))),
  };
}
