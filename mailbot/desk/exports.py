"""Lists as files: CSV that no spreadsheet mistakes for formulas, JSON as the commands print it (one object a line is for them; here an
array)."""

from __future__ import annotations

import csv as csv_format
import io
import json as json_format
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import Response

# Spreadsheets read a cell that begins so as a formula (ASVS 5.0, 1.2.10); full-width forms are folded to these by some.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NAME = re.compile(r"[^a-z0-9_-]+")


def csv(name: str, now: datetime, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Response:
    """RFC 4180, every cell quoted, in UTF-8 with the mark that tells spreadsheets so."""
    text = io.StringIO(newline="")
    writer = csv_format.writer(text, quoting=csv_format.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return _file(name, now, "csv", "text/csv; charset=utf-8", "\ufeff" + text.getvalue())


def json(name: str, now: datetime, rows: Iterable[Mapping[str, Any]]) -> Response:
    return _file(name, now, "json", "application/json", json_format.dumps(list(rows), ensure_ascii=False, indent=1))


def cell(value: object) -> str:
    """Text that begins like a formula gets an apostrophe before it; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    text = text.replace("\0", "")
    return f"'{text}" if text.lstrip(" \u00a0\u3000").startswith(_FORMULA) or text.startswith(_FORMULA) else text


def _file(name: str, now: datetime, ending: str, media_type: str, text: str) -> Response:
    safe = _NAME.sub("-", name.lower()).strip("-")[:60]
    headers = {"Content-Disposition": f'attachment; filename="{safe}-{now:%Y%m%d-%H%M}.{ending}"'}
    return Response(text.encode("utf-8", "replace"), media_type=media_type, headers=headers)
