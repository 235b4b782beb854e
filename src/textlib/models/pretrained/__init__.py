"""Networks that others have trained, rebuilt in Keras, with weights from package registries.

Each comes with its card (`describe`): what it was trained on, by whom, on whose terms. Weights are
read without PyTorch and without running code from the files. ``load`` gives network,
preprocessing and class names together, so that they cannot be mixed up.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
