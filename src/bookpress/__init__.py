"""How the book is made: plan, execute, publish, notebooks, checks, and the ``press`` command.

The chapters' package, ``textlib``, knows nothing of it. The press reads sources, starts kernels,
and never imports TensorFlow. A page flows through it in one direction: ``book`` finds it, ``plan``
decides whether it is stale, ``execute`` runs it, ``page_cache`` keeps what came out, ``publish``
hands it to Jupyter Book.
"""

__version__ = "2026.12.0.dev0"
