"""Small pictures of photos (home of Pillow). Runs only in the child of guard.py, under its limits of memory and time.

Formats are told by the bytes, never by what the sender claims; SVG, TIFF and camera formats are no pictures here. What comes out is
written anew from pixels: no metadata, no place, no profile of the camera is left.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

SIDE = 320  # pixels of the longer side; shown at half of that on sharp screens
MAX_PIXELS = 120_000_000  # a medium format camera's largest picture
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_WHITE = (255, 255, 255)
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def thumbnail(data: bytes) -> tuple[int, int, bytes] | None:
    """Width, height and WebP bytes; None where the bytes are no picture, or one that is too large or damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
                picture.draft("RGB", (SIDE, SIDE))  # a JPEG is then decoded at an eighth of its size, without the memory of the whole
                small = _on_white(picture)
    except Exception:  # decoders raise many kinds (OSError, SyntaxError, struct.error, MemoryError); no picture is shown then
        return None
    out = io.BytesIO()
    small.save(out, "WEBP", quality=78, method=4)
    return small.width, small.height, out.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    """Turned as the camera was held, shrunk, transparent parts on white."""
    picture.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    turned = ImageOps.exif_transpose(picture)
    if turned.mode in ("RGB", "L"):
        return turned.convert("RGB")
    shown = turned.convert("RGBA")
    paper = Image.new("RGB", shown.size, _WHITE)
    paper.paste(shown, mask=shown.getchannel("A"))
    return paper
