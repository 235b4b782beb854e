from .gaussian import GaussianSampling as GaussianSampling
from .gaussian import gaussian_kl as gaussian_kl
