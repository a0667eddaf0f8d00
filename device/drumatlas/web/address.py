"""The address at which the page is served: `--web HOST:PORT|off`. Pure."""

import ipaddress
import re
from dataclasses import dataclass

from drumatlas.errors import ConfigError

OFF = "off"
DEFAULT = "127.0.0.1:8313"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})")
_PORT = re.compile(r"[0-9]{1,5}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")


@dataclass(frozen=True, slots=True)
class Address:
    """A host (an address or a name, without brackets) and a port 0..65535 (0: any free one)."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_everywhere(self) -> bool:
        """Whether it stands for all addresses of this machine."""
        return self.host in {"0.0.0.0", "::"}


def parse_address(text: str) -> Address | None:
    """Return the address in `HOST:PORT` or `[IPv6]:PORT`; None for `off`. ConfigError if it is
    neither."""
    if text == OFF:
        return None
    host, colon, port = text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    if not colon or (":" in host and not is_bracketed):
        raise ConfigError(f"web '{text}': expected HOST:PORT (such as {DEFAULT}) or off")
    host = host.strip("[]")
    if not _is_host(host, is_bracketed):
        raise ConfigError(f"web '{text}': '{host}' is not an address or host name")
    if not _PORT.fullmatch(port) or int(port) > 65535:
        raise ConfigError(f"web '{text}': '{port}' is not a port (0..65535)")
    return Address(host, int(port))


def _is_host(host: str, is_bracketed: bool) -> bool:
    if not is_bracketed:
        return bool(_NAME.fullmatch(host))
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def check_token(text: str) -> None:
    """Raise ConfigError unless `text` is empty, or hard to guess and fit for a URL."""
    if text and not _TOKEN.fullmatch(text):
        raise ConfigError("must have 16 to 128 letters, digits, - or _")
