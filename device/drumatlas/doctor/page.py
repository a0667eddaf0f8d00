"""Check whether the page can be served at the configured address."""

from importlib.util import find_spec

from drumatlas.config.keys import Config
from drumatlas.doctor.finding import Finding
from drumatlas.errors import WebError
from drumatlas.web.address import parse_address
from drumatlas.web.serving import listen


def examine_page(config: Config) -> Finding:
    """Return whether the address is free, and who may open the page."""
    address = parse_address(str(config["web.address"]))
    if address is None:
        return Finding("page", "ok", "off")
    if find_spec("websockets") is None:
        return Finding("page", "warn", "websockets is not installed", "pip install websockets")
    try:
        listen(address).close()
    except WebError as error:
        detail = str(error).removeprefix("page: ")
        advice = "fine if a running box uses it; else choose another with play --web HOST:PORT"
        return Finding("page", "warn", detail, advice)
    if address.is_loopback and not config["web.token"]:
        return Finding("page", "ok", f"http://{address}/ is free; for this machine only")
    token = "the configured token" if config["web.token"] else "the token that play prints"
    return Finding("page", "ok", f"http://{address}/ is free; opens with {token}")
