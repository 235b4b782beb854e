from .sampling import entropy as entropy
from .sampling import generate as generate
from .sampling import greedy as greedy
from .sampling import nucleus as nucleus
from .sampling import sample as sample
from .sampling import temper as temper
from .sampling import top_k as top_k
