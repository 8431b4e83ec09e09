"""A small drawn picture per image: a room, lit as the order's variables say. No photograph is needed for a demo."""

from __future__ import annotations

import hashlib
import json
from html import escape

from mailbot.reference.store import Refused, Row

WALLS = ("#e7dfd3", "#dfe4e6", "#e8e3da", "#dde3da", "#e6dcd8", "#d9dfe8")
FLOORS = ("#b08d65", "#a37c56", "#8f9498", "#b79a76", "#7d6a58")
FABRICS = ("#5b7083", "#7c6f64", "#68795f", "#8a5f5f", "#54606e", "#9a8250")
FURNITURE = {
    "bedroom": '<rect x="86" y="128" width="150" height="48" rx="6" fill="{fabric}"/><rect x="86" y="104" width="16" height="72" rx="4" '
    'fill="{wood}"/><rect x="104" y="118" width="40" height="16" rx="6" fill="#fff" opacity=".85"/>',
    "kitchen": '<rect x="40" y="116" width="220" height="60" fill="{fabric}"/><rect x="40" y="108" width="220" height="9" fill="#f4f2ee"/>'
    '<rect x="196" y="62" width="64" height="30" fill="{fabric}" opacity=".8"/><path d="M110 108v-14q0-6 8-6t8 5" stroke="#888" '
    'stroke-width="3" fill="none"/>',
    "bathroom": '<rect x="60" y="132" width="150" height="44" rx="20" fill="#fafafa"/><rect x="226" y="96" width="44" height="10" '
    'fill="{wood}"/><circle cx="248" cy="70" r="18" fill="#cfe0ea"/>',
    "exterior": '<rect x="70" y="92" width="160" height="84" fill="{wall}"/><path d="M58 94 150 42 242 94z" fill="{wood}"/>'
    '<rect x="136" y="126" width="30" height="50" fill="{fabric}"/><rect x="88" y="112" width="30" height="26" fill="#bcd9ec"/>'
    '<rect x="184" y="112" width="30" height="26" fill="#bcd9ec"/>',
    "living": '<rect x="64" y="136" width="150" height="36" rx="8" fill="{fabric}"/><rect x="70" y="112" width="138" height="32" rx="8" '
    'fill="{fabric}" opacity=".85"/><circle cx="262" cy="110" r="13" fill="#f2d68a"/>'
    '<path d="M262 122v54" stroke="{wood}" stroke-width="4"/>',
}  # fmt: skip


def draw(order: Row, image_id: str) -> str:
    """SVG, 320 by 200. Raises Refused 404."""
    image = next((i for i in json.loads(order["images"]) if i["id"] == image_id), None)
    if image is None:
        raise Refused(404, f"there is no image {image_id!r} on this order")
    room = str(image.get("room", "")).lower()
    kind = next((k for k in FURNITURE if k in room), "living")
    colours = _colours(f"{order['id']}/{image_id}")
    body = FURNITURE[kind].format(**colours)
    scene = _outside(body) if kind == "exterior" else _inside(colours, body)
    label = escape(f"{image_id} {image.get('room', '')}".strip())
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 200" width="320" height="200" role="img" '
        f'aria-label="{label}">{scene}{_light(order)}'
        '<rect x="0" y="176" width="320" height="24" fill="#111" opacity=".55"/>'
        f'<text x="10" y="193" font-family="sans-serif" font-size="13" fill="#fff">{label}</text></svg>'
    )


def _colours(seed: str) -> dict[str, str]:
    """The same picture for the same image, always."""
    n = hashlib.sha256(seed.encode()).digest()
    return {
        "wall": WALLS[n[0] % len(WALLS)],
        "floor": FLOORS[n[1] % len(FLOORS)],
        "fabric": FABRICS[n[2] % len(FABRICS)],
        "wood": FLOORS[n[3] % len(FLOORS)],
        "window": str(30 + n[4] % 60),
    }


def _inside(colours: dict[str, str], body: str) -> str:
    x = int(colours["window"]) + 40
    return (
        f'<rect width="320" height="200" fill="{colours["wall"]}"/><path d="M0 160h320v40H0z" fill="{colours["floor"]}"/>'
        f'<rect x="{x}" y="28" width="74" height="56" fill="#b9dcf3" stroke="#fff" stroke-width="5"/>'
        f'<path d="M{x + 37} 28v56" stroke="#fff" stroke-width="3"/>{body}'
    )


def _outside(body: str) -> str:
    return (
        '<rect width="320" height="200" fill="#a9d3f0"/><ellipse cx="70" cy="40" rx="34" ry="11" fill="#fff" opacity=".8"/>'
        f'<rect y="160" width="320" height="40" fill="#7fa35f"/>{body}'
    )


def _light(order: Row) -> str:
    """Brightness 1 (dark) to 5 (bright) as a veil."""
    level = json.loads(order["variables"]).get("brightness", 3)
    step = float(level) - 3 if isinstance(level, int | float) else 0.0
    colour = "#fff" if step > 0 else "#000"
    return f'<rect width="320" height="200" fill="{colour}" opacity="{min(abs(step), 2) * 0.12:.2f}"/>'
