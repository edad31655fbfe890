import { maskSecret } from "../errors/_redact.ts";
import { CredentialsError } from "../errors/carto_error.ts";
import { check, type Checked, type Fields, type Loaded, readFields } from "./_fields.ts";
import type { CredentialsOptions, Platform, SourceTried } from "./credentials_options.ts";

/** Loaded when credentials are first read or written, so that importing this module stays quick. */
const sources = (): Promise<typeof import("./_sources.ts")> => import("./_sources.ts");

/** How {@linkcode Credentials.fromFile} reads. */
export interface FromFileOptions {
  /** Accepts a base URL with `http:` even where the file does not say so. */
  allowNonSecure?: boolean | undefined;
}

/** How {@linkcode Credentials.fromEnv} reads. */
export interface FromEnvOptions {
  /** A `.env` file to read in place of the environment. */
  file?: string | URL | undefined;
}

/** How {@linkcode Credentials.fromFlags} and {@linkcode Credentials.resolve} read. */
export interface ResolveOptions {
  /** Credentials given by the program itself: they win, and nothing else is looked at. */
  credentials?: Credentials | CredentialsOptions | undefined;
  /** The command line; `Deno.args` when not given. */
  args?: readonly string[] | undefined;
  /** The folder for `.env`, `creds.json` and a relative `--creds`; the current one when not given. */
  directory?: string | undefined;
}

/** Two copies of the module in one program recognise each other's credentials by this mark. */
const BRAND: unique symbol = Symbol.for("cartoframes.credentials") as never;

/**
 * Who asks CARTO, with which key, and where. Nothing in it changes once it is made, and no key is
 * shown when it is printed, inspected or turned into JSON.
 *
 * @example Make them
 * ```ts
 * import { Credentials } from "@cartoframes/cartoframes/auth";
 *
 * const own = new Credentials({ username: "johnsmith", apiKey: "0123456789abcdef" });
 * if (own.baseUrl !== "https://johnsmith.carto.com") throw new Error(own.baseUrl);
 * if (String(own).includes("0123456789abcdef")) throw new Error("the key is shown");
 *
 * const onPremises = new Credentials({ baseUrl: "https://maps.example.org/user/ana" });
 * if (onPremises.username !== "ana") throw new Error("the user name is in the address");
 * if (onPremises.apiKey !== "default_public") throw new Error("without a key: the public one");
 * ```
 */
export class Credentials {
  /** The platform that they are for. */
  readonly platform: Platform;
  /** The account's user name, given or told by the base URL; `undefined` where neither tells it. */
  readonly username: string | undefined;
  /** Where the APIs are, without a slash at the end; for CARTO 3 the same as `apiBaseUrl`. */
  readonly baseUrl: string;
  /** Whether a base URL with `http:` is accepted. */
  readonly allowNonSecure: boolean;
  /** CARTO 3: the id of a machine-to-machine client. */
  readonly clientId: string | undefined;
  /** CARTO 3: the connection to use where a call names none. */
  readonly connection: string | undefined;
  /** Where they come from: `constructor`, `creds.json (--creds)`, `environment`, `.env`, a file's path. */
  readonly source: string;
  /** What is worth telling a person: a file that others can read, an old field name, a key sent over http. */
  readonly warnings: readonly string[];
  /** The places that {@linkcode Credentials.resolve} looked at before, and why each was not used. */
  readonly sourcesTried: readonly SourceTried[];
  readonly #fields: Fields;
  readonly #checked: Checked;

  /**
   * Makes credentials from their parts; see {@linkcode CredentialsOptions}. The spellings of the
   * Python packages (`api_key`, `base_url` ...) are understood too.
   *
   * @param options User name or base URL and key, or the fields of CARTO 3
   * @throws {CredentialsError} Neither a user name nor a base URL, an address that is not https,
   * fields of both platforms, or a field of the wrong type
   */
  constructor(options: CredentialsOptions) {
    const { loaded, tried } = (options as unknown) instanceof Origin
      ? options as Origin
      : new Origin(readFields(options, "constructor"), []);
    this.#fields = loaded.fields;
    this.#checked = check(loaded);
    this.platform = this.#checked.platform;
    this.username = this.#checked.username;
    this.baseUrl = this.#checked.baseUrl;
    this.allowNonSecure = this.#checked.allowNonSecure;
    this.clientId = this.#checked.clientId;
    this.connection = this.#checked.connection;
    this.source = loaded.source;
    this.warnings = Object.freeze([...this.#checked.warnings]);
    this.sourcesTried = Object.freeze([...tried]);
    Object.defineProperty(this, BRAND, { value: true });
    Object.freeze(this);
  }

  /**
   * The API key; `default_public` when none was given.
   *
   * @throws {CredentialsError} These are credentials of CARTO 3, which have no such key
   */
  get apiKey(): string {
    if (this.#checked.apiKey !== undefined) return this.#checked.apiKey;
    throw new CredentialsError("Cannot use an API key: these credentials are for CARTO 3", {
      hint: "Use credentials of the classic platform: `username` and `apiKey`",
    });
  }

  /** CARTO 3: where the APIs are; `undefined` on the classic platform. */
  get apiBaseUrl(): string | undefined {
    return this.platform === "v3" ? this.baseUrl : undefined;
  }

  /** CARTO 3: the API access token, when one was given. */
  get accessToken(): string | undefined {
    return this.#checked.accessToken;
  }

  /** CARTO 3: the secret of the machine-to-machine client, when one was given. */
  get clientSecret(): string | undefined {
    return this.#checked.clientSecret;
  }

  /** Every text that must be shown to nobody: key, token, client secret, and the header made of them. */
  get secrets(): readonly string[] {
    const { apiKey, accessToken, clientSecret } = this.#checked;
    const own = [apiKey, accessToken, clientSecret].filter((text): text is string => text !== undefined);
    const secrets = own.filter((text) => text !== "default_public");
    if (apiKey === undefined || secrets.length === 0 || this.username === undefined) return secrets;
    return [...secrets, basicToken(this.username, apiKey)];
  }

  /**
   * Reads a file of credentials, in CARTOframes' format: `{"username", "api_key", "base_url",
   * "allow_non_secure"}`, the fields of CARTO 3 likewise.
   *
   * @param path The file; CARTOframes' default file when not given
   * @param options Whether `http:` is accepted
   * @returns The credentials, with `warnings` on a file that other users can read
   * @throws {CredentialsError} There is no such file, or it is broken: the message says where
   * @throws {PermissionError} Deno does not let it be read
   */
  static async fromFile(path?: string | URL, options: FromFileOptions = {}): Promise<Credentials> {
    const { loadFile, pathText, userFilePath } = await sources();
    const file = path ?? await userFilePath("read the default file of credentials");
    const loaded = await loadFile(file, pathText(file));
    const { allowNonSecure } = options;
    if (allowNonSecure === undefined) return make(loaded);
    return make({ ...loaded, fields: { ...loaded.fields, allowNonSecure } });
  }

  /**
   * Reads `CARTO_USERNAME`, `CARTO_API_KEY` and `CARTO_BASE_URL` from the environment or from a
   * `.env` file. A variable that Deno does not let be read counts as not set and is named in
   * `warnings`.
   *
   * @param options A `.env` file to read in place of the environment
   * @returns The credentials
   * @throws {CredentialsError} Neither a user name nor a base URL is set, or one is wrong
   */
  static async fromEnv(options: FromEnvOptions = {}): Promise<Credentials> {
    const { loadEnvFile, loadEnvironment, needed } = await sources();
    return make(needed(options.file === undefined ? loadEnvironment() : await loadEnvFile(options.file)));
  }

  /**
   * Reads the file that `--creds FILE` names on the command line.
   *
   * @param options The command line and the folder to start from
   * @returns The credentials
   * @throws {CredentialsError} The flag is not given, or its file is missing or broken
   * @throws {PermissionError} Deno does not let the file be read
   */
  static async fromFlags(options: Pick<ResolveOptions, "args" | "directory"> = {}): Promise<Credentials> {
    const { loadFlag, needed } = await sources();
    const loaded = await loadFlag(options.args ?? commandLine(), options.directory);
    return make(needed(loaded ?? { source: "--creds", reason: "not given", refused: [] }));
  }

  /**
   * Takes the first source that is there: credentials given by the program; `--creds FILE`;
   * `CARTO_USERNAME`, `CARTO_API_KEY` and `CARTO_BASE_URL` in the environment; the same in `.env`;
   * `./creds.json`; CARTOframes' default file in the user's folder. A source is used whole, never
   * mixed with another. One that Deno does not let be read counts as not there; one that is broken
   * is an error.
   *
   * @param options Credentials of the program itself, the command line, the folder to look in
   * @returns The credentials; `source` says which won, `sourcesTried` why the others did not
   * @throws {CredentialsError} A source is broken, or none is there: then all are listed, with the flags for those refused
   * @throws {PermissionError} Deno does not let the file of `--creds` be read
   */
  static async resolve(options: ResolveOptions = {}): Promise<Credentials> {
    const { credentials } = options;
    if (isCredentials(credentials)) return credentials;
    if (credentials !== undefined) return new Credentials(credentials);
    const { loadFirst } = await sources();
    const { loaded, tried } = await loadFirst({
      args: options.args ?? commandLine(),
      directory: options.directory,
    });
    return make(loaded, tried);
  }

  /**
   * Copies credentials.
   *
   * @param credentials What to copy
   * @returns Equal credentials
   * @throws {CredentialsError} It is something else
   */
  static fromCredentials(credentials: Credentials): Credentials {
    if (isCredentials(credentials)) return credentials.copy();
    throw new CredentialsError("Cannot copy credentials: the argument must be a Credentials object", {
      hint: "Make one of plain data with `new Credentials({ ... })`",
    });
  }

  /**
   * Removes a file of credentials.
   *
   * @param path The file; CARTOframes' default file when not given
   * @returns Whether there was one
   * @throws {PermissionError} Deno does not let it be removed
   */
  static async delete(path?: string | URL): Promise<boolean> {
    const { removeFile, userFilePath } = await sources();
    return await removeFile(path ?? await userFilePath("delete the default file of credentials"));
  }

  /**
   * Copies these credentials, some parts changed. A new user name or base URL replaces what was
   * told by the old one.
   *
   * @param changes The parts that differ
   * @returns The copy
   * @throws {CredentialsError} The parts do not fit together
   */
  copy(changes: CredentialsOptions = {}): Credentials {
    const { fields } = readFields(changes, "constructor");
    if (Object.keys(fields).length === 0) {
      return make({ fields: this.#fields, source: this.source, warnings: [] }, this.sourcesTried);
    }
    return make({ fields: { ...this.#fields, ...fields }, source: this.source, warnings: [] });
  }

  /**
   * Writes the credentials to a file that its owner alone can read, in CARTOframes' format.
   *
   * @param path The file; CARTOframes' default file when not given, its folder is made if need be
   * @returns The path
   * @throws {PermissionError} Deno does not let it be written
   */
  async save(path?: string | URL): Promise<string> {
    const { makeFolder, pathText, userFilePath, writeFile } = await sources();
    const file = path ?? await userFilePath("write the default file of credentials");
    if (path === undefined) await makeFolder(pathText(file));
    await writeFile(file, this.#fileContent());
    return pathText(file);
  }

  /**
   * Whether two credentials lead to the same account with the same key. Where they come from and
   * `allowNonSecure` make no difference.
   *
   * @param other What to compare with
   */
  equals(other: Credentials): boolean {
    if (!isCredentials(other)) return false;
    const secret = (of: Credentials) => of.platform === "classic" ? of.apiKey : of.accessToken;
    return this.platform === other.platform && this.username === other.username &&
      this.baseUrl === other.baseUrl && secret(this) === secret(other) &&
      this.clientId === other.clientId && this.clientSecret === other.clientSecret &&
      this.connection === other.connection;
  }

  /** What may be shown of them as plain data: keys are masked but for their last four characters. */
  toJSON(): Record<string, string> {
    const { apiKey, accessToken, clientSecret } = this.#checked;
    const shown = {
      platform: this.platform === "v3" ? "v3" : undefined,
      username: this.username,
      apiKey: apiKey === undefined ? undefined : maskSecret(apiKey),
      [this.platform === "v3" ? "apiBaseUrl" : "baseUrl"]: this.baseUrl,
      accessToken: accessToken === undefined ? undefined : maskSecret(accessToken),
      clientId: this.clientId,
      clientSecret: clientSecret === undefined ? undefined : maskSecret(clientSecret),
      connection: this.connection,
      source: this.source,
    };
    return Object.fromEntries(
      Object.entries(shown).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
  }

  /** One line with all that is there, keys by their last four characters: `Credentials { username: "ana", ... }`. */
  toString(): string {
    const parts = Object.entries(this.toJSON()).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    return `Credentials { ${parts.join(", ")} }`;
  }

  /** What `console.log` shows under Deno: the same as {@linkcode Credentials.toString}. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** What `console.log` shows under Node: the same as {@linkcode Credentials.toString}. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** The file's content, with the keys and their order as CARTOframes writes them. */
  #fileContent(): Record<string, unknown> {
    const checked = this.#checked;
    if (checked.platform === "classic") {
      return {
        username: checked.username ?? null,
        api_key: checked.apiKey,
        base_url: checked.baseUrl,
        allow_non_secure: checked.allowNonSecure,
      };
    }
    const content = {
      username: checked.username,
      api_base_url: checked.baseUrl,
      access_token: checked.accessToken,
      client_id: checked.clientId,
      client_secret: checked.clientSecret,
      connection: checked.connection,
      allow_non_secure: checked.allowNonSecure || undefined,
    };
    return Object.fromEntries(Object.entries(content).filter(([, value]) => value !== undefined));
  }
}

/**
 * Whether a value is credentials, also when it comes from another copy of the module.
 *
 * @param value Anything
 */
export function isCredentials(value: unknown): value is Credentials {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
}

/** What a source found: the way past the public constructor's options, known to this file only. */
class Origin {
  constructor(readonly loaded: Loaded, readonly tried: readonly SourceTried[]) {}
}

function make(loaded: Loaded, tried: readonly SourceTried[] = []): Credentials {
  return new Credentials(new Origin(loaded, tried) as CredentialsOptions);
}

/** The arguments of this run; none in another runtime. */
function commandLine(): readonly string[] {
  return "Deno" in globalThis ? Deno.args : [];
}

/** What follows "Basic" in the header: user name and key in UTF-8. */
function basicToken(username: string, apiKey: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(`${username}:${apiKey}`)));
}
