#!/bin/sh
# Prints what GDAL reads of each file as GeoJSON, a file a line: check_with_gdal.sh FILE…
set -eu
for file in "$@"; do
  ogr2ogr -f GeoJSON /vsistdout/ "$file" -lco RFC7946=NO | tr -d '\n'
  echo
done
