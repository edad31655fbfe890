import { JobError } from "../errors/carto_error.ts";
import { excerpt, htmlText, safeText } from "../http/_response_error.ts";
import type { ImportDocument } from "./imports.ts";

/** What a code of the Import API means, and what can be done about it. */
export interface ImportErrorText {
  /** What went wrong, without a full stop. */
  readonly meaning: string;
  /** The next step, in one sentence. */
  readonly hint: string;
}

/** What is done about faults on CARTO's own side. */
const LATER = "Try again later; if it stays, ask CARTO's support with the id of the import";
const SHARE = "Make the file public or connect the service again in the dashboard, or upload the file itself";
const SMALLER = "Split the file, or write the rows with toCarto, which has no such limit";

/** Code, meaning, next step. */
const TEXTS: readonly (readonly [code: number, meaning: string, hint: string])[] = [
  [1000, "the file could not be read or written on the server", LATER],
  [
    1001,
    "the download failed",
    "Open the URL in a browser: it must answer with the file itself, without a login",
  ],
  [
    1002,
    "the type of the file is not supported",
    "Give CSV, GeoJSON, KML, GPX, XLSX, GeoPackage or a zipped Shapefile; a URL must lead to the file, not to a page",
  ],
  [
    1003,
    "the archive could not be unpacked",
    "Pack the files again as zip, tar.gz or gz, without a password",
  ],
  [1004, "the XLS or XLSX file could not be read", "Save it again as XLSX, or as CSV"],
  [1005, "the file is empty", "Check that the file has rows, and that the upload was whole"],
  [1006, "the Shapefile is broken", "The archive needs .shp, .shx, .dbf and .prj of the same name"],
  [1007, "the OpenStreetMap extract has too many nodes", "Ask for a smaller area"],
  [1008, "Google Drive refused the file", SHARE],
  [1009, "Twitter's limit of requests was reached", LATER],
  [1010, "what the URL leads to is not a file", "Give the direct link to the file, not to a page or folder"],
  [1011, "the data source did not give the data", "Check table, query and rights at the source"],
  [
    1012,
    "no connection to the data source",
    "Check server, port, user and firewall: CARTO's servers must reach it",
  ],
  [
    1013,
    "the version of the ArcGIS server is not supported",
    "Use ArcGIS Server 10.1 or newer, or export the layer",
  ],
  [
    1014,
    "the name cannot be used",
    "Give a name of letters, digits and underscores, beginning with a letter",
  ],
  [1015, "the query has no rows", "Try the query with sql.query first"],
  [1016, "Dropbox no longer lets CARTO read", SHARE],
  [1017, "the file was deleted in Google Drive", SHARE],
  [1018, "the file has a password", "Remove the password and upload it again"],
  [1019, "the file has more than 50 layers", "Split it into files of 50 layers at most"],
  [1020, "the download took too long", "Download the file yourself and upload it"],
  [1021, "Box no longer lets CARTO read", SHARE],
  [1100, "the source answered that there is no such file (404)", "Check the URL"],
  [1101, "the URL may not be read", "Use a public http or https address"],
  [1102, "the host of the URL is not known", "Check the spelling of the URL"],
  [
    2001,
    "the rows could not be loaded into the database",
    "Check the file with checkUpload or readFile, which name the place",
  ],
  [2002, "the encoding of the file could not be told", "Save the file as UTF-8"],
  [
    2003,
    "the CSV file is malformed",
    "Read it with readFile, which names the line; quotes and delimiters must agree",
  ],
  [2004, "the file has more than 250 columns", "Leave out columns, or make rows of them"],
  [2005, "two columns have the same name", "Rename one of them"],
  [2006, "the encoding could not be converted", "Save the file as UTF-8"],
  [2007, "the file has bytes that its encoding does not know", "Save the file as UTF-8"],
  [2008, "the XLS file is malformed", "Save it again as XLSX, or as CSV"],
  [2009, "a style of the KML file has no id", "Give each Style an id, or remove the styles"],
  [
    2010,
    "the table could not be converted for maps (cartodbfy)",
    "Check the columns cartodb_id and the_geom, or leave them out",
  ],
  [
    2011,
    "the column cartodb_id is not usable",
    "Make its values whole, positive and unique, or rename the column",
  ],
  [3007, "the GeoJSON is not valid", "Read it with readFile, which names the place"],
  [3008, "the coordinate system is not known", "Reproject the file to EPSG:4326"],
  [3009, "the Shapefile could not be normalised", "Repair its geometries, or convert it to GeoPackage"],
  [3101, "the Shapefile has no projection (.prj)", "Add the .prj file, or reproject to EPSG:4326"],
  [3201, "geometry collections are not supported", "Split them into points, lines and polygons"],
  [3202, "the KML file has no features", "Check that it does not merely link to another file"],
  [8001, "the account has no storage left", "Delete tables, or raise the quota"],
  [8002, "the account has as many tables as it may", "Delete tables, or raise the quota"],
  [8003, "the table could not be made from the query", "Try the query with sql.query first"],
  [8004, "tables with different types cannot be merged", "Cast the columns to the same type"],
  [8005, "the map has as many layers as it may", "Import without create_vis, or remove layers"],
  [8006, "no Twitter credits are left", "Raise the quota"],
  [6666, "the file is larger than the plan allows", SMALLER],
  [6667, "the import took too long", SMALLER],
  [6668, "the file has more rows than the plan allows", SMALLER],
  [6669, "too many imports run at the same time", "Wait until one of them has ended: three may run"],
  [6670, "the map templates could not be made", LATER],
  [6671, "the import was stuck", "Start it again"],
  [99999, "an error that CARTO does not name", LATER],
];

const BY_CODE: ReadonlyMap<number, ImportErrorText> = new Map(
  TEXTS.map(([code, meaning, hint]) => [code, { meaning, hint }]),
);

/**
 * What a code of the Import API means, and what can be done about it.
 *
 * @param code The `error_code` of an import or a synchronised table
 * @returns Meaning and next step; those of 99999 for a code that nobody knows
 *
 * @example Look a code up
 * ```ts
 * import { importErrorText } from "@cartoframes/cartoframes/classic";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(importErrorText(3101).meaning, "the Shapefile has no projection (.prj)");
 * ```
 */
export function importErrorText(code: number): ImportErrorText {
  return BY_CODE.get(code) ?? { meaning: `an error with the unknown code ${code}`, hint: LATER };
}

/** The codes that {@link importErrorText} knows, for tests. */
export function importErrorCodes(): number[] {
  return [...BY_CODE.keys()];
}

/** An import or a synchronisation failed. Code `job-failed`; `errorCode` is the platform's own. */
export class ImportError extends JobError {
  /** The name of the class. */
  override name = "ImportError";
  /** The platform's code, such as 1002; 99999 where it told none. See {@link importErrorText}. */
  readonly errorCode: number;

  /**
   * Builds the error.
   *
   * @param what What failed, such as `The import "1a2b"`
   * @param options The job, its last state, the platform's code and text
   */
  constructor(
    what: string,
    options: {
      jobId: string;
      status: string;
      errorCode: number | null | undefined;
      reason?: string | undefined;
    },
  ) {
    const { jobId, status, reason } = options;
    const errorCode = options.errorCode ?? 99999;
    const { meaning, hint } = importErrorText(errorCode);
    const told = reason === undefined ? "" : `. The server says: ${reason}`;
    super(`${what} failed: ${meaning} (code ${errorCode})${told}`, { jobId, status, reason, hint });
    this.errorCode = errorCode;
  }
}

/** The platform's own words as plain text: they are written in HTML. */
export function reasonOf(
  text: ImportDocument["get_error_text"],
  secrets: readonly string[],
): string | undefined {
  const words = [text?.title, text?.what_about].filter((part): part is string =>
    typeof part === "string" && part !== ""
  );
  if (words.length === 0) return undefined;
  return safeText(words.map((part) => excerpt(htmlText(part), 400)).join(": "), secrets);
}
