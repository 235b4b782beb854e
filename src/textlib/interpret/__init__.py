"""Looking inside trained networks: what they compute, what they like, and where they look.

Everything takes a built Keras model and arrays, and returns arrays; ``textlib.plotting`` draws
them. Images are given as the network expects them, that is, after its own preprocessing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
