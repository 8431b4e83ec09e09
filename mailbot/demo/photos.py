"""Photos that the demo's clients send along: drawn, for want of a house."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def photo(n: int, size: tuple[int, int] = (1200, 800)) -> bytes:
    """A house under a sky that is too purple."""
    wide, high = size
    made = Image.new("RGB", size)
    pen = ImageDraw.Draw(made)
    for y in range(high):
        pen.line((0, y, wide, y), (118 + y // 8, 92 + y // 6, 190 - y // 20))
    pen.rectangle((0, high * 7 // 10, wide, high), (84, 120, 66))
    left = wide * (2 + n) // 10
    pen.rectangle((left, high * 4 // 10, left + wide // 2, high * 8 // 10), (232, 226, 214))
    pen.polygon([(left - 40, high * 4 // 10), (left + wide // 4, high * 2 // 10), (left + wide // 2 + 40, high * 4 // 10)], (122, 66, 52))
    for k in range(3):
        x = left + 60 + k * 190
        pen.rectangle((x, high // 2, x + 110, high * 65 // 100), (90, 116, 140))
    out = io.BytesIO()
    made.save(out, "JPEG", quality=80)
    return out.getvalue()
