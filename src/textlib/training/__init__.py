"""Training with a memory, and the routines around it.

``fit`` does what ``model.fit`` does and remembers the result; ``compare`` does it for several
designs on several seeds; ``set_seed`` makes a page repeatable. The compiled epoch loop and the
schedules of the learning rate have a module each. Models and data know nothing of this package.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
