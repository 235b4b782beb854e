from . import schedules as schedules
from .fitting import Run as Run
from .fitting import fit as fit
from .loops import fit_small as fit_small
from .seeds import set_seed as set_seed
from .store import RunStore as RunStore
