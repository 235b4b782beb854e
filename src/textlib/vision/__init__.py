"""Computer vision beyond the layers of a network: the arithmetic of convolutions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
