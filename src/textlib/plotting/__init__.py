"""Figures in one style: curves, images, confusion matrices, and diagrams of networks.

Every function draws into the axes that it is given (or makes its own) and returns the axes, so a
chapter can add to them. Nothing here knows of TensorFlow: histories are plain mappings, images
are arrays.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
