"""Draws a frame as a picture of 128 x 64 pixels, black and white."""

from PIL import Image, ImageDraw, ImageFont

from drumatlas.oled.frame import BEATS, HEIGHT, SIDE, WIDTH, Frame, Pixel

_FONT = ImageFont.load_default_imagefont()  # 6 x 11, Latin-1
_LETTER, _ROW = 6, 11
_LEFT = SIDE + 3  # where the column beside the map begins
_WHITE, _BLACK = 255, 0


def draw(frame: Frame, chart: bytes) -> Image.Image:
    """Return a picture of mode "1". The map with the place is on the left, genre, tempo, transport
    and the beat are beside it, and a fault is in a bar across the bottom."""
    picture = Image.new("1", (WIDTH, HEIGHT))
    picture.paste(Image.frombytes("1", (SIDE, SIDE), chart), (0, 0))
    pen = ImageDraw.Draw(picture)
    _mark(pen, frame.place)
    _words(pen, frame)
    _beats(pen, frame.beat)
    if frame.fault:
        _fault(pen, frame)
    return picture


def _mark(pen: ImageDraw.ImageDraw, place: Pixel) -> None:
    """Draw the place as a cross on a black square."""
    x, y = place
    pen.rectangle((x - 4, y - 4, x + 4, y + 4), fill=_BLACK)
    pen.line((x - 3, y, x + 3, y), fill=_WHITE)
    pen.line((x, y - 3, x, y + 3), fill=_WHITE)
    pen.rectangle((SIDE, 0, SIDE + 2, HEIGHT), fill=_BLACK)  # restore the gap beside the map


def _words(pen: ImageDraw.ImageDraw, frame: Frame) -> None:
    room = (WIDTH - _LEFT) // _LETTER
    pen.text((_LEFT, 0), _plain(frame.genre)[:room], font=_FONT, fill=_WHITE)
    pen.text((_LEFT, 14), f"{frame.bpm:.1f}", font=_FONT, fill=_WHITE)
    if frame.is_following:
        pen.text((_LEFT + 6 * _LETTER, 14), "ext", font=_FONT, fill=_WHITE)
    if frame.beat is None:
        pen.rectangle((_LEFT, 29, _LEFT + 7, 36), fill=_WHITE)
    else:
        pen.polygon(((_LEFT, 28), (_LEFT, 38), (_LEFT + 8, 33)), fill=_WHITE)


def _beats(pen: ImageDraw.ImageDraw, beat: int | None) -> None:
    """Draw a box for each quarter note, the present one filled."""
    step = (WIDTH - _LEFT) // BEATS
    for i in range(BEATS):
        box = (_LEFT + i * step, 42, _LEFT + i * step + step - 2, 48)
        pen.rectangle(box, outline=_WHITE, fill=_WHITE if i == beat else _BLACK)


def _fault(pen: ImageDraw.ImageDraw, frame: Frame) -> None:
    """Draw the first fault, dark on bright, over the whole width, with the number of further ones
    at its end."""
    top = HEIGHT - _ROW - 1
    pen.rectangle((0, top, WIDTH, HEIGHT), fill=_WHITE)
    more = f" +{frame.faults - 1}" if frame.faults > 1 else ""
    room = (WIDTH - 2) // _LETTER - len(more)
    pen.text((1, top + 1), _plain(frame.fault)[:room] + more, font=_FONT, fill=_BLACK)


def _plain(text: str) -> str:
    """Return the text in characters that the font has."""
    return text.encode("latin-1", "replace").decode("latin-1")
