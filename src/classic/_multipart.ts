/** A file that is sent as one field of a form, part by part. */
export interface FormFile {
  readonly field: string;
  readonly filename: string;
  /** The bytes, opened anew at each call. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** The body of a form with one file, in constant memory. */
export interface FormBody {
  readonly contentType: string;
  readonly stream: () => ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Makes the body of `multipart/form-data`; `sent` is told of the file's bytes so far. */
export function formBody(file: FormFile, sent: (bytes: number) => void): FormBody {
  // Nothing that a file holds by chance
  const boundary = `----cartoframes-${crypto.randomUUID()}`;
  const encoder = new TextEncoder();
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(file.field)}"; filename="${
    quoted(file.filename)
  }"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  async function* parts(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    yield encoder.encode(head);
    let bytes = 0;
    for await (const chunk of file.open()) {
      bytes += chunk.length;
      yield chunk as Uint8Array<ArrayBuffer>;
      sent(bytes);
    }
    yield encoder.encode(`\r\n--${boundary}--\r\n`);
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    stream: () => ReadableStream.from(parts()),
  };
}

/** A name between quotes, as browsers write it. */
function quoted(name: string): string {
  return name.replace(/["\r\n]/g, (char) => encodeURIComponent(char));
}
