/**
 * A local CARTO for demos and tests: the same addresses, status codes and answers, on a PostGIS in this process or on
 * a PostgreSQL server.
 *
 * | API | Served |
 * |---|---|
 * | SQL, COPY, batch jobs | all that was recorded of the real server; statements run as the role of their key |
 * | Maps | anonymous and named maps, vector tiles, attributes, dataviews, the analyses `source` and `buffer`, animations as JSON |
 * | Imports | CSV, GeoJSON, zipped Shapefiles, gzip; files, addresses of this machine, queries, copies; the platform's error codes |
 * | Synchronised tables | made, listed, read again when asked, deleted; nothing runs by the clock |
 * | Datasets, maps, tables | listed, read, changed, shared between the accounts of the emulator, deleted |
 * | API keys | roles of the database with exactly the rights granted |
 * | Kuviz | kept and shown, with or without a password |
 * | Users, `me`, quotas | the accounts of the emulator as the users of one organisation |
 * | Location data services | geocoding, isolines and quotas, as the option `services` says |
 * | Data Observatory | a small one of its own |
 *
 * Not served, and answered with status 501 and a text that says so: tiles and images that need a renderer of CartoCSS
 * (`png`, `jpg`, `grid.json`, static images), other analyses, dimensions of clusters that group times, configurations
 * packed with LZMA, connectors and imports from other services, exports of visualisations, `api/v4/datasets`, sharing
 * with groups, OAuth apps. An import geocodes nothing (`content_guessing` is noted and passed over) and reads no address
 * of another machine.
 *
 * The emulator listens at `127.0.0.1` unless told otherwise. No part of a request becomes a path of the file system.
 *
 * @module
 */
export * from "./emulator.ts";
export * from "./options.ts";
export type { TableGrant } from "./_db/engine.ts";
export type { LimitedEndpoint, RateLimit, RateLimits } from "./_http/rate_limit.ts";
