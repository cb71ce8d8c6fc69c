"""What an archive says of itself: written last, so that an archive that broke off is not taken for a whole one."""

import hmac

import msgspec

from shared.audit.chain import START
from shared.core.errors import Refused

MANIFEST = "manifest.json"
FORMAT = 1


class Chunk(msgspec.Struct, frozen=True):
    """A file of the archive: which sequences (of files: numbers) it holds; `bytes` and `sha256` as it lies there."""

    file: str
    first: int
    last: int
    bytes: int
    sha256: str


class KeptStream(msgspec.Struct, frozen=True):
    """A stream as it was: its ends, and the chunks so far. What lies before `first` had expired and stays so."""

    first: int
    last: int
    chunks: tuple[Chunk, ...] = ()


class Manifest(msgspec.Struct, frozen=True):
    """The whole archive. `chain`: the hash chain's digest at the end of EVT; `objects`: lists of files, in chunks.

    `mac` covers everything here, and so, through the chunks' digests, everything there. Times in ISO 8601, UTC.
    """

    release: str
    at: str
    streams: dict[str, KeptStream]
    objects: tuple[Chunk, ...] = ()
    chain: str = START.digest.hex()
    format: int = FORMAT
    mac: str = ""


class _Format(msgspec.Struct):
    format: int


def write_manifest(key: bytes, manifest: Manifest) -> bytes:
    """The manifest's file, signed."""
    signed = msgspec.structs.replace(manifest, mac=_mac(key, manifest))
    return msgspec.json.format(msgspec.json.encode(signed), indent=1) + b"\n"


def read_manifest(key: bytes, content: bytes) -> Manifest:
    """The manifest from its file. Raises `Refused`."""
    try:
        found = msgspec.json.decode(content, type=_Format).format
        if found != FORMAT:
            raise Refused(f"the archive has format {found}, and this release reads format {FORMAT}")
        manifest = msgspec.json.decode(content, type=Manifest)
        genuine = hmac.compare_digest(_mac(key, manifest).encode(), manifest.mac.encode())
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Refused(f"{MANIFEST} of the archive cannot be read: {error}") from error
    if not genuine:
        raise Refused(
            f"{MANIFEST} does not fit its signature: it was altered, or the archive was made under another master key "
            "(RETOLD_MASTER_KEY; on a laptop laptop.json of its home)"
        )
    return manifest


def _mac(key: bytes, manifest: Manifest) -> str:
    return hmac.digest(key, msgspec.json.encode(msgspec.structs.replace(manifest, mac="")), "sha256").hex()
