"""The public files that can be read: their sha256, size and URLs, and where they are looked for."""
import os
from pathlib import Path

MNIST = ("https://ossci-datasets.s3.amazonaws.com/mnist/",
         "https://storage.googleapis.com/cvdf-datasets/mnist/")
FASHION = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
           "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
           "https://storage.googleapis.com/tensorflow/tf-keras-datasets/")
CALIFORNIA = ("https://ndownloader.figshare.com/files/5976036",
              "https://www.dcc.fc.up.pt/~ltorgo/Regression/cal_housing.tgz")
PACKAGED = Path(__file__).parent         # the folder of what comes with the package

# name below the data folder -> sha256, the size in bytes or an upper bound of it, URLs (the file's
# name is added to a URL that ends in "/")
KNOWN = {
    "mnist/train-images-idx3-ubyte.gz":
        ("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9_912_422, MNIST),
    "mnist/train-labels-idx1-ubyte.gz":
        ("3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28_881, MNIST),
    "mnist/t10k-images-idx3-ubyte.gz":
        ("8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1_648_877, MNIST),
    "mnist/t10k-labels-idx1-ubyte.gz":
        ("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4_542, MNIST),
    "fashion-mnist/train-images-idx3-ubyte.gz":
        ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880, FASHION),
    "fashion-mnist/train-labels-idx1-ubyte.gz":
        ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515, FASHION),
    "fashion-mnist/t10k-images-idx3-ubyte.gz":
        ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102, FASHION),
    "fashion-mnist/t10k-labels-idx1-ubyte.gz":
        ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148, FASHION),
    "california-housing/cal_housing.tgz":
        ("aaa5c9a6afe2225cc2aed2723682ae403280c4a3695a2ddda4ffb5d8215ea681", 1_000_000, CALIFORNIA),
    "california-housing/cal_housing.data.gz":          # the table out of that archive; no URL
        ("cdbc6f084852c03a4a55e6752938bb7d64c54b89813cbb8a21b0d25d1ade3e3c", 419_929, ()),
    "digits/digits.csv.gz":
        ("09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22", 57_523, ()),
}


def read(*names, folder=None):
    """Path and bytes of a known file, its sha256 checked; of several names, the first one found.

    The folder is `folder` if given, else the one that the environment variable NPSPECTRAL_DATA
    names, else the cache ($XDG_CACHE_HOME/npspectral or ~/.cache/npspectral). If the cache has none
    of the names, the first is downloaded. Nothing is downloaded into other folders.
    Raises FileNotFoundError or NotADirectoryError, OSError if the download fails, ValueError on a
    wrong sha256.
    """
    import hashlib
    root, name = _locate(names, folder)
    path = root / name
    content = path.read_bytes()
    digest, expected = hashlib.sha256(content).hexdigest(), KNOWN[name][0]
    if digest != expected:
        raise ValueError(f"{path}: {len(content)} bytes of sha256 {digest}, expected {expected}: "
                         f"it is truncated, edited or another file; delete it and get it again"
                         f"{_origin(name)}")
    return path, content


def at_hand(name, folder=None):
    """Whether a data set ("mnist", "california-housing", ...) can be read without a download."""
    files = [known for known in KNOWN if known.startswith(f"{name}/")]
    if not files:
        sets = sorted({known.partition("/")[0] for known in KNOWN})
        raise ValueError(f"at_hand: name is {name!r}, expected one of {sets}")
    try:
        root, _ = _root(PACKAGED if name == "digits" else folder)
    except FileNotFoundError:
        return False
    enough = any if name == "california-housing" else all       # its archive, or the table alone
    return enough((root / file).is_file() for file in files)


def _root(folder):
    """The folder to look in, and whether it was given; if it was not, the folder is the cache."""
    given = folder or os.environ.get("NPSPECTRAL_DATA")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "npspectral"
    root = Path(given or cache)
    try:
        return root.expanduser(), bool(given)
    except RuntimeError as error:
        raise FileNotFoundError(f"{root}: there is no such home folder; name a folder of data "
                                f"files in NPSPECTRAL_DATA") from error


def _locate(names, folder):
    root, given = _root(folder)
    for name in names:
        if (root / name).is_file():
            return root, name
    if root.exists() and not root.is_dir():
        raise NotADirectoryError(f"{root}: is a file, expected a folder of data files")
    if given:
        raise FileNotFoundError(f"{root}: has no {' and no '.join(names)}; put it there"
                                f"{_origin(names[0])}, or give no folder and unset "
                                f"NPSPECTRAL_DATA to download it")
    from .download import fetch         # urllib is slow to import, and rarely needed
    sha256, size, urls = KNOWN[names[0]]
    fetch(root / names[0], sha256, size, [_full(url, names[0]) for url in urls])
    return root, names[0]


def _full(url, name):
    return url + Path(name).name if url.endswith("/") else url


def _origin(name):
    urls = KNOWN[name][2]
    return f" (from {_full(urls[0], name)})" if urls else ""
