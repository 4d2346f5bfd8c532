"""Lets Great Expectations read a finished marts file, and nothing else.

Great Expectations knows no DuckDB, but DuckDB understands PostgreSQL's SQL, so this dialect presents
itself to SQLAlchemy as PostgreSQL. The file is attached read-only to a connection in memory, which is
then locked: a check can read the marts of this release and cannot write, reach another file or the
network, or meet the settings of another connection that the process has open.

Three things differ from a stock driver. A result is fetched whole when a statement is executed: Great
Expectations reads rows after it has closed the connection, and DuckDB 2 refuses other work while a
result is part-read. `~` is spelled `regexp_matches`. Columns are read from `duckdb_columns()`, under
the type names that DuckDB itself uses, so that a declared BIGINT is not satisfied by an INTEGER.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.types import UserDefinedType

from schemas.duck import OFFLINE, load_macros, threads

CATALOGUE = "marts"
"""The name under which the file is attached."""

URL = "postgresql+duckdb://"
"""Holds no path: the file is given to `engine_on`, so that no message of others repeats it."""

LOCKED = ("set enable_external_access = false", "set lock_configuration = true")


def open_locked(file: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads the tables of one DuckDB file and can do nothing else."""
    con = duckdb.connect(":memory:", config={**OFFLINE, "threads": str(threads())})
    load_macros(con)
    con.execute("attach '{}' as {} (read_only)".format(str(file).replace("'", "''"), CATALOGUE))
    con.execute(f"use {CATALOGUE}")
    for setting in LOCKED:
        con.execute(setting)
    return con


class Cursor:
    """What SQLAlchemy expects of a database cursor; the rows are all here once `execute` returns."""

    arraysize = 1
    rowcount = -1
    lastrowid = None

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._rows: list[Any] = []
        self.description: Any = None

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> Cursor:
        self._con.execute(sql, list(parameters) if parameters else None)
        self.description = self._con.description or None
        self._rows = self._con.fetchall() if self.description else []
        self.rowcount = len(self._rows)
        return self

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        taken, self._rows = self._rows[: size or self.arraysize], self._rows[size or self.arraysize :]
        return taken

    def fetchall(self) -> list[Any]:
        taken, self._rows = self._rows, []
        return taken

    def close(self) -> None:
        self._rows = []


class Reader:
    """What SQLAlchemy expects of a connection; nothing is ever written, so nothing is committed."""

    def __init__(self, file: Path) -> None:
        self._con = open_locked(file)

    def cursor(self) -> Cursor:
        return Cursor(self._con)

    def commit(self) -> None:
        """Reading leaves nothing to keep."""

    def rollback(self) -> None:
        """Reading leaves nothing to undo."""

    def close(self) -> None:
        self._con.close()


class Driver:
    """The module that SQLAlchemy takes for a database driver."""

    paramstyle = "numeric_dollar"
    apilevel = "2.0"
    threadsafety = 1
    Error = duckdb.Error
    DatabaseError = duckdb.DatabaseError
    OperationalError = duckdb.OperationalError
    ProgrammingError = duckdb.ProgrammingError
    IntegrityError = duckdb.IntegrityError
    InterfaceError = duckdb.Error
    InternalError = duckdb.InternalError
    NotSupportedError = duckdb.NotSupportedError
    DataError = duckdb.DataError
    Warning = duckdb.Warning


class AsDuckDBSaysIt(UserDefinedType[Any]):
    """A column type under the name that DuckDB prints."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


class Compiler(PGCompiler):
    """PostgreSQL's SQL, but for its match operators."""

    def visit_custom_op_binary(self, element: Any, operator: Any, **kw: Any) -> str:
        if operator.opstring not in ("~", "!~"):
            return str(super().visit_custom_op_binary(element, operator, **kw))  # type: ignore[no-untyped-call]
        left, right = self.process(element.left, **kw), self.process(element.right, **kw)
        return f"{'not ' if operator.opstring == '!~' else ''}regexp_matches({left}, {right})"


class DuckDBAsPostgres(PGDialect):
    """DuckDB under the name of PostgreSQL, for reading."""

    driver = "duckdb"
    supports_statement_cache = True
    supports_server_side_cursors = False
    default_paramstyle = "numeric_dollar"
    statement_compiler = Compiler

    @classmethod
    def import_dbapi(cls) -> Any:
        return Driver

    def initialize(self, connection: Connection) -> None:
        self.server_version_info = (15, 0)
        self.default_schema_name = "main"

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        return "AUTOCOMMIT"

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        """There is one level only."""

    def on_connect(self) -> None:
        return None

    def do_ping(self, dbapi_connection: Any) -> bool:
        return True

    def _read(self, connection: Connection, sql: str, *values: Any) -> list[Any]:
        rows = connection.exec_driver_sql(f"{sql} and database_name = '{CATALOGUE}'", tuple(values))
        return list(rows.fetchall())

    def get_schema_names(self, connection: Connection, **kw: Any) -> list[str]:
        rows = self._read(connection, "select schema_name from duckdb_schemas() where not internal")
        return sorted(name for (name,) in rows)

    def get_table_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        sql = "select table_name from duckdb_tables() where schema_name = $1"
        return sorted(name for (name,) in self._read(connection, sql, schema or "main"))

    def get_view_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        sql = "select view_name from duckdb_views() where schema_name = $1"
        return sorted(name for (name,) in self._read(connection, sql, schema or "main"))

    def has_table(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        sql = "select 1 from duckdb_columns() where table_name = $1 and schema_name = $2"
        return bool(self._read(connection, sql, str(table_name), schema or "main"))

    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[ReflectedColumn]:
        sql = (
            "select column_name, data_type, is_nullable, column_index from duckdb_columns()"
            " where table_name = $1 and schema_name = $2"
        )
        rows = self._read(connection, sql, str(table_name), schema or "main")
        return [
            {"name": name, "type": AsDuckDBSaysIt(kind), "nullable": nullable, "default": None}
            for name, kind, nullable, _ in sorted(rows, key=lambda row: row[3])
        ]

    def get_pk_constraint(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """Left out: a key is checked in the rows, not believed from its declaration."""
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        return []

    def get_indexes(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        return []


@contextlib.contextmanager
def engine_arguments(file: Path) -> Iterator[dict[str, Any]]:
    """What `sqlalchemy.create_engine(URL, …)` needs to read one DuckDB file.

    Whatever engines were made with it, the file has been let go of when the block ends.
    """
    registry.register("postgresql.duckdb", __name__, DuckDBAsPostgres.__name__)
    readers: list[Reader] = []

    def opened() -> Reader:
        readers.append(Reader(file))
        return readers[-1]

    try:
        yield {"creator": opened, "poolclass": pool.SingletonThreadPool}
    finally:
        for reader in readers:
            reader.close()
