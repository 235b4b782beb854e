"""Read what `textlib.demos.publish` hands over, as the browser does."""

import base64

import numpy as np
from IPython.utils.capture import capture_output

from textlib import demos

TYPES = {"float32": "<f4", "int32": "<i4", "int64": "<i8", "uint8": "u1"}


def published(*arguments, **options):
    """Publish a demo in an IPython session, and return what the page would get."""
    with capture_output() as captured:
        assert demos.publish(*arguments, **options)
    (payload,) = [made.data[demos.MIME] for made in captured.outputs if demos.MIME in made.data]
    return payload


def unpack(packed):
    """Return an array from its bytes in base64."""
    values = np.frombuffer(base64.b64decode(packed["data"]), TYPES[packed["type"]])
    return values.reshape(packed["shape"])
