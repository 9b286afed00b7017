"""Shops' programs, all in one process: whatever is posted is taken, and the connection closed."""

import asyncio
import sys
from typing import Final

TAKEN: Final = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
LENGTH: Final = b"content-length:"


async def main(port: int) -> None:
    """Answer on a port of 127.0.0.1 until the process is ended."""
    async with await asyncio.start_server(_take, "127.0.0.1", port) as server:
        await server.serve_forever()


async def _take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line[len(LENGTH) :] for line in head.split(b"\r\n") if line.lower().startswith(LENGTH)]
    await reader.readexactly(int(lengths[0]))
    writer.write(TAKEN)
    await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
