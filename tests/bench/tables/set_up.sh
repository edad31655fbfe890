#!/bin/sh
# Installs what `deno task bench:tables` needs from Debian's packages, where it is not there: PostgreSQL with PostGIS, and psql.
set -eu
if ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 && command -v psql >/dev/null; then exit 0; fi
if ! command -v apt-get >/dev/null; then
  echo "Install PostgreSQL with PostGIS and psql first: there is no apt-get to do it" >&2
  exit 1
fi
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
as_root apt-get update -qq
version="$(apt-cache depends postgresql | sed -n 's/.*postgresql-\([0-9]*\)$/\1/p' | head -n 1)"
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  "postgresql-$version" "postgresql-$version-postgis-3" postgresql-client
