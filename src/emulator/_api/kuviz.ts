import { type Account, type EmulatorContext, jsonResponse } from "../_handler.ts";
import { membersOf, pageOf, type PlatformHandler, Refusal, requireMaster } from "./answers.ts";
import { readAll } from "../_http/parameters.ts";
import type { StoredDocument } from "../_documents.ts";

/** Bytes that a page may have. */
const MAX_SIZE = 10_485_760;

/** Bytes that the form of a password may have. */
const MAX_FORM = 16_384;

/** A page as it is kept; its HTML stands beside it. */
interface StoredPage {
  readonly name: string;
  readonly privacy: "public" | "password";
  /** The password's digest and what it was salted with, in hexadecimal digits. */
  readonly password?: { readonly salt: string; readonly digest: string } | undefined;
}

type Page = StoredDocument<StoredPage>;

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** `api/v4/kuviz`: pages that the account publishes. */
export function createKuviz(context: EmulatorContext): PlatformHandler {
  return async (request) => {
    requireMaster(request);
    const { account, method, segments, body, parameters } = request;
    const [id, ...more] = segments;
    if (more.length > 0) throw new Refusal(404, ["Not found"]);
    const pages = await context.documents.list<StoredPage>(account.username, "kuviz");
    if (id === undefined) {
      if (method === "GET") {
        const { shown } = pageOf(pages.toReversed(), parameters);
        return jsonResponse(200, {
          visualizations: shown.map((page) => present(context, account, page)),
          total_entries: pages.length,
        });
      }
      if (method !== "POST") throw new Refusal(404, ["Not found"]);
      return await create(context, account, pages, membersOf(body));
    }
    const page = pages.find((candidate) => candidate.id === id);
    if (page === undefined) throw new Refusal(404, ["Kuviz not found"]);
    if (method === "GET") return jsonResponse(200, present(context, account, page));
    if (method === "PUT") return await update(context, account, pages, page, membersOf(body));
    if (method !== "DELETE") throw new Refusal(404, ["Not found"]);
    await context.documents.delete(account.username, "kuviz", id);
    return new Response(null, { status: 204 });
  };
}

function present(
  context: EmulatorContext,
  account: Account,
  { id, data, createdAt, updatedAt }: Page,
): unknown {
  return {
    id,
    name: data.name,
    privacy: data.privacy,
    url: `${context.url()}/user/${encodeURIComponent(account.username)}/kuviz/${id}`,
    created_at: createdAt,
    updated_at: updatedAt,
  };
}

async function create(
  context: EmulatorContext,
  account: Account,
  pages: readonly Page[],
  given: Readonly<Record<string, unknown>>,
): Promise<Response> {
  const html = readHtml(given.data);
  const { name } = given;
  if (typeof name !== "string" || name === "") throw new Refusal(400, "missing name parameter");
  const data = await readPrivacy(given, { name, privacy: "public" });
  const taken = pages.find((page) => page.data.name === name);
  if (taken !== undefined && given.if_exists !== "replace") {
    throw new Refusal(400, "Validation failed: Name has already been taken");
  }
  const { documents } = context;
  const id = taken?.id ?? crypto.randomUUID();
  if (taken === undefined) await documents.add(account.username, "kuviz", id, data);
  else await documents.replace(account.username, "kuviz", id, data);
  await documents.setContent(account.username, "kuviz", id, html);
  return jsonResponse(200, present(context, account, await reread(context, account, id)));
}

async function reread(context: EmulatorContext, account: Account, id: string): Promise<Page> {
  const page = await context.documents.get<StoredPage>(account.username, "kuviz", id);
  if (page === undefined) throw new Refusal(404, ["Kuviz not found"]);
  return page;
}

async function update(
  context: EmulatorContext,
  account: Account,
  pages: readonly Page[],
  page: Page,
  given: Readonly<Record<string, unknown>>,
): Promise<Response> {
  const { documents } = context;
  const html = given.data === undefined ? undefined : readHtml(given.data);
  const name = typeof given.name === "string" && given.name !== "" ? given.name : page.data.name;
  const data = await readPrivacy(given, { ...page.data, name });
  const taken = pages.find((other) => other.data.name === name && other.id !== page.id);
  if (taken !== undefined) {
    if (given.if_exists !== "replace") {
      throw new Refusal(400, "Validation failed: Name has already been taken");
    }
    await documents.delete(account.username, "kuviz", taken.id);
  }
  await documents.replace(account.username, "kuviz", page.id, data);
  if (html !== undefined) await documents.setContent(account.username, "kuviz", page.id, html);
  return jsonResponse(200, present(context, account, await reread(context, account, page.id)));
}

function readHtml(data: unknown): string {
  if (typeof data !== "string" || data === "") throw new Refusal(400, "missing data parameter");
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(data.replace(/\s+/g, ""));
  } catch {
    throw new Refusal(400, "data parameter must be encoded in base64");
  }
  if (bytes.length > MAX_SIZE) throw new Refusal(400, `Visualization over the size limit (${MAX_SIZE})`);
  let html: string;
  try {
    html = decoder.decode(bytes);
  } catch {
    throw new Refusal(400, "data parameter must be HTML");
  }
  if (!/^\s*(?:<!--[\s\S]*?-->\s*)*<(?:!doctype|[a-z])/i.test(html) || html.includes("\0")) {
    throw new Refusal(400, "data parameter must be HTML");
  }
  return html;
}

async function readPrivacy(
  given: Readonly<Record<string, unknown>>,
  before: StoredPage,
): Promise<StoredPage> {
  const { password } = given;
  const privacy = given.privacy ?? before.privacy;
  if (privacy !== "public" && privacy !== "password") {
    throw new Refusal(400, "privacy not allowed. Allowed values are public, password");
  }
  if (privacy === "public") return { name: before.name, privacy };
  if (typeof password === "string" && password !== "") {
    const salt = crypto.getRandomValues(new Uint8Array(16)).toHex();
    return { name: before.name, privacy, password: { salt, digest: await digest(salt, password) } };
  }
  if (before.password === undefined) {
    throw new Refusal(400, "Changing privacy to protected should come along with the password param");
  }
  return { name: before.name, privacy, password: before.password };
}

/** A slow digest, so that the kept one does not give the password away. */
async function digest(salt: string, password: string): Promise<string> {
  const key = await crypto.subtle.importKey("raw", encoder.encode(password), "PBKDF2", false, ["deriveBits"]);
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: Uint8Array.fromHex(salt), iterations: 50_000 };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256)).toHex();
}

/** `…/kuviz/{id}`: the page itself, or a form that asks for its password. */
export async function serveKuvizPage(
  context: EmulatorContext,
  username: string | undefined,
  id: string,
  request: Request,
): Promise<Response> {
  const [owner] = username === undefined ? await context.documents.owners("kuviz", id) : [username];
  const page = owner === undefined ? undefined : await context.documents.get<StoredPage>(owner, "kuviz", id);
  if (page === undefined || owner === undefined) {
    return html(404, notice("Not found", "There is no page at this address."));
  }
  const { password } = page.data;
  if (page.data.privacy === "password") {
    const given = request.method === "POST" ? await readPassword(request) : null;
    if (given === null) return html(200, passwordForm(page.data.name));
    if (password === undefined || await digest(password.salt, given) !== password.digest) {
      return html(403, passwordForm(page.data.name, "Invalid password"));
    }
  }
  return html(200, await context.documents.content(owner, "kuviz", id) ?? "");
}

async function readPassword(request: Request): Promise<string | null> {
  const body = request.body === null ? new Uint8Array(0) : await readAll(request.body, MAX_FORM);
  return new URLSearchParams(decoder.decode(body)).get("password");
}

function html(status: number, text: string): Response {
  return new Response(text, { status, headers: { "content-type": "text/html; charset=utf-8" } });
}

function notice(title: string, text: string): string {
  return `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>${
    escape(title)
  }</title></head>` +
    `<body>${text}</body></html>\n`;
}

function passwordForm(name: string, fault = ""): string {
  return notice(
    name,
    `<form method="post"><p>${escape(fault === "" ? "This page is protected." : fault)}</p>` +
      '<label>Password <input type="password" name="password" autofocus></label> <button>Show</button></form>',
  );
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  );
}
