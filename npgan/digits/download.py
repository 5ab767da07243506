"""MNIST from the network: each file from the first mirror that has it, right to the last byte."""

import hashlib
import io
from itertools import chain, count
from pathlib import Path

from npgan import require
from npgan.digits.idx import ADVICE, LIMIT, PIECE, DataError, candidates, mnist_folder, unzipped
from npgan.files import clear_leftovers, whole_file

DIGESTS = {  # SHA-256 of the uncompressed content: compressed, each mirror has other bytes
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
    "http://yann.lecun.com/exdb/mnist/",
)


def fetch(folder=None, *, mirrors=MIRRORS, digests=DIGESTS, quiet=False):
    """Download what the folder lacks of MNIST; return [(path, url)], url None for what was there.

    folder: as for `mnist`; made if need be. A file appears only when the SHA-256 of its uncompressed
    content is right; one that is there with another content is renamed to NAME.old, NAME.old-2, ...,
    never deleted. quiet: no progress bars. DataError if no mirror has a file; OSError if the folder
    cannot be written.
    """
    folder, fetched = mnist_folder(folder), []
    folder.mkdir(parents=True, exist_ok=True)
    clear_leftovers(folder)
    for name, digest in digests.items():
        unsound, path, url = [], None, None
        for path in filter(Path.is_file, candidates(folder, name)):
            if _is_sound(path, digest):
                break
            unsound.append(path)
        else:
            body, url = _download(name + ".gz", digest, mirrors, quiet)
        for other in unsound:  # they would be found first
            _set_aside(other)
        if url:
            path = folder / (name + ".gz")
            with whole_file(path) as file:
                file.write(body)
        fetched.append((path, url))
    return fetched


def _set_aside(path):
    """Rename a file to NAME.old, or if that is taken to NAME.old-2, ..."""
    ends = chain([".old"], (f".old-{i}" for i in count(2)))
    path.rename(next(new for end in ends if not (new := path.with_name(path.name + end)).exists()))


def _is_sound(path, digest):
    try:
        with open(path, "rb") as file:
            return _sha256(file, path) == digest
    except DataError:
        return False


def _sha256(file, name):
    """The SHA-256, in hex, of the uncompressed content of an open file, which may be no longer than MNIST."""
    total, size = hashlib.sha256(), 0
    with unzipped(file, name) as content:
        while piece := content.read(PIECE):
            total.update(piece)
            size += len(piece)
            if size > LIMIT + PIECE:
                raise DataError(f"{name} holds more than MNIST's largest file")
    return total.hexdigest()


def _download(name, digest, mirrors, quiet):
    """(bytes, url) from the first mirror that has the file with that digest, else DataError."""
    from urllib.parse import urlsplit

    failures = {}  # what went wrong: at which hosts
    for mirror in mirrors:
        url = mirror + name
        try:
            body = _get(url, quiet)
            got = _sha256(io.BytesIO(body), "what came")
            if got == digest:
                return body, url
            reason = f"what came has SHA-256 {got[:16]}..., wanted {digest[:16]}..."
        except Exception as error:  # whatever it sends, or sends us to: the others may still have it
            reason = require.one_line(error, 100) or type(error).__name__
        failures.setdefault(reason, []).append(urlsplit(url).netloc)
    tried = "; ".join(f"{reason} (from {', '.join(hosts)})" for reason, hosts in failures.items())
    raise DataError(f"{name} could not be downloaded: {tried}. Without a network, {ADVICE}")


def _get(url, quiet):
    """The body of a web page, under a progress bar; DataError if it is cut short or too long to be MNIST."""
    from urllib.request import urlopen

    from tqdm import tqdm

    body = bytearray()
    with urlopen(url, timeout=20) as response:
        size = response.length  # None if the server does not say
        name, disable = url.rpartition("/")[2], True if quiet else None
        with tqdm(desc=name, total=size, unit="B", unit_scale=True, disable=disable) as bar:
            while len(body) <= LIMIT and (piece := response.read(2**16)):
                body += piece
                bar.update(len(piece))
    if len(body) > LIMIT:
        raise DataError("more came than MNIST's largest file holds")
    if size is not None and len(body) < size:
        raise DataError(f"only {len(body)} of {size} bytes came")
    return body
