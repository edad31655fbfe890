"""Prints what pyarrow and geopandas read of each file, as JSON, a file a line: check_with_python.py FILE…"""

import json
import sys

import geopandas
import pyarrow
import pyarrow.ipc
import pyarrow.parquet


def table_of(path):
    if path.endswith(".parquet"):
        return pyarrow.parquet.read_table(path)
    if path.endswith(".arrow"):
        return pyarrow.ipc.open_file(path).read_all()
    if path.endswith(".arrows"):
        return pyarrow.ipc.open_stream(path).read_all()
    return None


def frame_of(path, table):
    if path.endswith(".parquet"):
        return geopandas.read_parquet(path)
    if table is not None:
        return geopandas.GeoDataFrame.from_arrow(table)
    return geopandas.read_file(path)


for path in sys.argv[1:]:
    table = table_of(path)
    frame = frame_of(path, table)
    columns = {}
    if table is not None:
        for name in table.column_names:
            values = table.column(name).to_pylist()
            columns[name] = {
                "type": str(table.schema.field(name).type),
                "values": [
                    None if value is None else value.hex() if isinstance(value, bytes) else str(value)
                    for value in values
                ],
            }
    else:
        for name in frame.columns:
            columns[name] = {"type": str(frame[name].dtype), "values": [str(value) for value in frame[name]]}
    print(
        json.dumps(
            {
                "rows": len(frame),
                "crs": None if frame.crs is None else ":".join(frame.crs.to_authority()),
                "geometry": [None if shape is None else shape.wkt for shape in frame.geometry],
                "columns": columns,
            }
        )
    )
