"""A WebSocket without a client library, to send bytes that no browser would (RFC 6455)."""

import base64
import contextlib
import os
import socket
import struct

CONTINUE, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
_ZERO_KEY = bytes(4)  # masked with it, a payload stays what it is


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, bits: int = 0, masked: bool = True
) -> bytes:
    """One frame; `bits` are RSV1 to RSV3 (4, 2, 1)."""
    size = len(payload)
    head = bytes([fin << 7 | bits << 4 | opcode])
    mask = masked << 7
    if size < 126:
        head += bytes([mask | size])
    elif size < 1 << 16:
        head += bytes([mask | 126]) + struct.pack(">H", size)
    else:
        head += bytes([mask | 127]) + struct.pack(">Q", size)
    return head + (_ZERO_KEY if masked else b"") + payload


def upgrade(port: int, **headers: str) -> bytes:
    """The request that opens a page's socket; more headers as in `sec_websocket_extensions=...`."""
    lines = {
        "Host": f"127.0.0.1:{port}",
        "Origin": f"http://127.0.0.1:{port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"GET /ws HTTP/1.1\r\n{text}\r\n".encode()


def connect(port: int, timeout: float = 10) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def open_page(port: int, timeout: float = 10, **headers: str) -> socket.socket:
    """Return a page's socket from which only the handshake was read."""
    one = connect(port, timeout)
    one.sendall(upgrade(port, **headers))
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        part = one.recv(1)
        if not part:
            raise ConnectionError("no answer")
        answer += part
    if b" 101 " not in answer:
        one.close()
        raise ConnectionError(answer.split(b"\r\n")[0].decode())
    return one


def push(one: socket.socket, data: bytes, most: int) -> int:
    """Send `data` until the socket is cut or `most` bytes are sent; return how many were."""
    sent = 0
    with contextlib.suppress(OSError):
        while sent < most:
            sent += one.send(data)
    return sent


def close_code(data: bytes) -> int | None:
    """Return the code of the last close frame in a server's bytes, or None without one."""
    code = None
    while len(data) >= 2:
        size, start = data[1] & 0x7F, 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size, start = int.from_bytes(data[2 : 2 + width], "big"), 2 + width
        if data[0] & 0x0F == CLOSE and size >= 2:
            code = int.from_bytes(data[start : start + 2], "big")
        data = data[start + size :]
    return code


def read_all(one: socket.socket) -> bytes:
    """Return all bytes until the connection ends, in whatever way."""
    data = b""
    with contextlib.suppress(OSError):
        while part := one.recv(1 << 16):
            data += part
    return data
