"""Whether the page can be served where the configuration wants it."""

from importlib.util import find_spec

from drumatlas.config.settings import Config
from drumatlas.doctor.finding import Finding
from drumatlas.errors import WebError
from drumatlas.web.serving import listen


def examine_page(config: Config) -> Finding:
    """The address, and who it lets in."""
    address = config.page.address
    if address is None:
        return Finding("page", "ok", "off")
    if find_spec("websockets") is None:
        return Finding("page", "warn", "websockets is not installed", "pip install websockets")
    try:
        listen(address).close()
    except WebError as error:
        detail = str(error).removeprefix("page: ")
        advice = "fine if a box runs that has it; else play --web HOST:PORT takes another"
        return Finding("page", "warn", detail, advice)
    if address.is_loopback and not config.page.token:
        return Finding("page", "ok", f"http://{address}/ is free; for this machine only")
    made = "the configured token" if config.page.token else "a token that play prints"
    return Finding("page", "ok", f"http://{address}/ is free; for whoever has {made}")
