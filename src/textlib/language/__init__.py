"""Making text with models: how the next token is drawn, and how a model is asked for many.

Vocabularies and encodings belong to the data and live in ``textlib.datasets``; networks live in
``textlib.models``. Nothing here needs TensorFlow: probabilities come in as arrays.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
