"""Start the handheld on a desk or a phone: `python -m mobile_client.main --help`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import ssl
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx

from mobile_client.core.flow import Flow
from mobile_client.core.server import AddressRefused, Server, open_client
from mobile_client.device.camera import FileCamera

_EXAMPLE = """
examples:
  python -m mobile_client.main --server http://127.0.0.1:8000 --photo portrait.jpg
      a server on this machine, and a picture in the place of the camera
  python -m mobile_client.main --server https://oifr.example --ca agency-ca.pem --photo pictures/ --theme day
      a server of the agency, trusted by the agency's own authority alone; "Other camera" leafs through the folder

Nothing of a check is written down: no photograph, no name, no password.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        client = open_client(options.server, options.ca)
    except (AddressRefused, OSError, ssl.SSLError) as error:
        sys.stderr.write(f"The server cannot be used: {error}\n")
        return 2
    try:
        asyncio.run(_run(client, options))
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mobile_client.main",
        description="The handheld: purpose, photograph, blind comparison, decision, receipt.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--server", metavar="URL", required=True, help="the server; https, or http on this machine")
    parser.add_argument("--photo", metavar="FILE_OR_DIR", type=Path, required=True, help="what the camera shows")
    parser.add_argument("--ca", metavar="FILE", type=Path, help="the only authority to trust (PEM); else the system's")
    parser.add_argument("--theme", choices=("dark", "day"), default="dark", help="colours (default: dark)")
    parser.add_argument("--font-scale", metavar="N", type=float, default=1.0, help="type size, 1 to 1.6 (default: 1)")
    return parser


async def _run(client: httpx.AsyncClient, options: argparse.Namespace) -> None:
    _prepare_kivy()
    # Kivy reads its settings when it is imported, hence after they are made.
    from mobile_client.app import HandheldApp  # noqa: PLC0415
    from mobile_client.theme import Theme  # noqa: PLC0415

    async with client:
        flow = Flow(Server(client), lambda: datetime.now(UTC))
        theme = Theme(options.theme, options.font_scale)
        try:
            await HandheldApp(flow, FileCamera(options.photo), theme).async_run("asyncio")
        finally:
            flow.check.wipe()


def _prepare_kivy() -> None:
    """No arguments, no files and no chatter of its own; a window of a phone's shape."""
    os.environ.update(KIVY_NO_ARGS="1", KIVY_NO_FILELOG="1", KIVY_NO_CONFIG="1")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    from kivy.config import Config  # noqa: PLC0415

    Config.set("graphics", "width", "412")
    Config.set("graphics", "height", "892")
    Config.set("input", "mouse", "mouse,disable_multitouch")


if __name__ == "__main__":
    sys.exit(main())
