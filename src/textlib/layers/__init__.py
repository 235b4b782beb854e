"""Keras layers that the book introduces and later chapters import.

Every layer serializes (``get_config``), works on batches of any size, and names the paper it
comes from. Common tests run over all of them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
