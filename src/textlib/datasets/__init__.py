"""Real data in one line: ``load(name)``, ``describe(name)``, ``names()``, ``cards()``.

>>> from textlib import datasets
>>> digits = datasets.load("mnist")             # doctest: +SKIP
>>> images, labels = digits.train               # doctest: +SKIP

The first load of a set fetches it; later ones open the cache in a blink, without network. Images
are ``uint8`` from 0 to 255, shaped ``(n, height, width)`` or ``(n, height, width, 3)``; class
labels are ``int64`` of shape ``(n,)``; numeric columns are ``float32``; texts are arrays of
strings (dtype object). All are read-only. Nothing is scaled, shuffled again, or downloaded at
import.

Names by module of ``catalog`` (``describe(name)`` says what each is, ``registry.get(name).open``
its options):

- ``images``: mnist, fashion_mnist, solar_cells, silhouettes, faces
- ``photos``: imagenet_photos, sample_photos, photographs, paintings, emoji
- ``composites``: cutouts, composites (classify, segment), scenes and digit_scenes (detect)
- ``text``: imdb, reuters, newsgroups, questions, spam
- ``corpora``: shakespeare, moby_dick, speeches, brown, german_english, spanish_english
- ``tabular``: housing, boston, iris, wine, breast_cancer, diabetes, digits
- ``series``: weather, appliances, sunspots
- ``synthetic``: moons, circles, blobs, spirals, shapes, clocks, sketches; ``random_labels`` and
  ``extra_channels`` change other sets
- ``sequences``: waves, sine_sums, latch, reber, cadences, dates, stories
- ``vectors``: glove
- ``canonical``, from their own address only: cifar10, imdb_full, reuters_keras,
  california_housing, jena_climate, cats_vs_dogs, glove_100d, tiny_shakespeare, nietzsche

Helpers: ``encoding`` (vocabularies, integer and multi-hot codes), ``windows`` (windows over
series), ``splitting`` (splits that cannot leak). Where bytes come from is in ``textlib.fetching``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
