from . import claims as claims
from . import datasets as datasets
from . import demos as demos
from . import exercises as exercises
from . import fetching as fetching
from . import interpret as interpret
from . import language as language
from . import layers as layers
from . import models as models
from . import paths as paths
from . import plotting as plotting
from . import scale as scale
from . import statistics as statistics
from . import training as training
from . import vision as vision
from ._source import show_source as show_source

__version__: str
