"""Small datasets in the forms they are published in, and mirrors that have them."""

import gzip
import hashlib
import http.server
import io
import pickle
import socket
import tarfile
import threading

import numpy as np

from rushlight.vision.datasets import idx


def md5(content):
    return hashlib.md5(content).hexdigest()


def mnist_arrays(seed=0, train=7, test=3):
    """Pictures and labels of a small MNIST: {stem: array}."""
    generator = np.random.default_rng(seed)
    arrays = {}
    for part, count in (("train", train), ("t10k", test)):
        shape = (count, 28, 28)
        arrays[f"{part}-images-idx3-ubyte"] = generator.integers(0, 256, shape, np.uint8)
        arrays[f"{part}-labels-idx1-ubyte"] = (np.arange(count) % 10).astype(np.uint8)
    return arrays


def mnist_files(arrays):
    """The same as it is published: {name: bytes}."""
    return {f"{stem}.gz": gzip.compress(idx.pack(a), mtime=0) for stem, a in arrays.items()}


def cifar_files(seed=0, count=4):
    """The files in the archive of a small CIFAR-10, {name: bytes}, and all of its pictures."""
    generator = np.random.default_rng(seed)
    files, pictures = {}, {}
    for name in [*[f"data_batch_{k}" for k in range(1, 6)], "test_batch"]:
        data = generator.integers(0, 256, (count, 3072), np.uint8)
        labels = [int(k) for k in generator.integers(0, 10, count)]
        files[name] = pickle.dumps({b"data": data, b"labels": labels}, protocol=2)
        pictures[name] = (data.reshape(-1, 3, 32, 32), labels)
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
             "truck"]  # fmt: skip
    files["batches.meta"] = pickle.dumps({b"label_names": [n.encode() for n in names]}, protocol=2)
    return files, pictures


def archive(folder, files):
    """The bytes of a compressed archive with the files in a folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


class Mirror:
    """A server on this machine: `files` by their names, `asked` the names that were asked for.

    A file may be given as (bytes, length told), to be cut off early.
    """

    def __init__(self, files):
        self.files = files
        self.asked = []
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.lstrip("/")
                mirror.asked.append(name)
                content = mirror.files.get(name)
                if content is None:
                    self.send_error(404, "Not Found")
                    return
                content, length = content if isinstance(content, tuple) else (content, None)
                self.send_response(200)
                self.send_header("Content-Length", str(length or len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def unused_address():
    """The address of a server that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/"
