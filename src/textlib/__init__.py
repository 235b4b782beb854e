"""The code behind *Deep Learning, Executed*.

The chapters import this package for datasets, models, training and plots. Submodules load on
first use, so ``import textlib`` costs milliseconds and does not start TensorFlow:

>>> from textlib import datasets
>>> digits = datasets.load("mnist")  # doctest: +SKIP
"""

import lazy_loader

__version__ = "2026.12.0.dev0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
