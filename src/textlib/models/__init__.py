"""Networks of the book: functions that return uncompiled ``keras.Model`` objects.

One module per family. Builders register themselves under a name, so that common tests run over
all of them: each builds, serializes, computes finite outputs of the promised shape, and can be
trained. Pretrained networks are in ``models.pretrained``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
