"""The search leads to the page that explains what was asked: terms, questions, misspellings."""

import pytest

from tests.site.conftest import new_context, until

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'"
)

# What a student types, and the pages that should come first (any of them).
PHRASES = {
    # terms
    "tensor": "foundations/tensors",
    "broadcasting": "foundations/tensor-operations",
    "dot product": "foundations/tensor-operations",
    "chain rule": "foundations/gradients",
    "backpropagation": "foundations/gradients",
    "learning rate": "foundations/gradients foundations/fitting-and-capacity theory/optimizers",
    "gradient descent": "foundations/gradients",
    "relu": "foundations/activations-and-losses foundations/tensor-operations",
    "softmax": "foundations/multiclass-classification foundations/activations-and-losses",
    "cross-entropy": "foundations/activations-and-losses foundations/first-network",
    "confusion matrix": "foundations/first-network foundations/multiclass-classification",
    "one-hot encoding": "foundations/multiclass-classification foundations/data-preparation",
    "overfitting": "foundations/generalization foundations/fitting-and-capacity",
    "double descent": "foundations/bias-and-variance",
    "data leakage": "foundations/evaluation foundations/data-preparation",
    "cross-validation": "foundations/evaluation foundations/regression",
    "standardize": "foundations/data-preparation foundations/regression",
    "missing values": "foundations/data-preparation",
    "batch size": "foundations/fitting-and-capacity foundations/first-network",
    "early stopping": "foundations/regularization",
    "dropout": "foundations/regularization",
    "weight decay": "foundations/regularization",
    "mean absolute error": "foundations/regression",
    "baseline": "foundations/universal-workflow foundations/evaluation",
    "support vector machine": "theory/classical-models",
    "kernel trick": "theory/classical-models",
    "random forest": "theory/classical-models",
    "decision tree": "theory/classical-models",
    "universal approximation theorem": "theory/universal-approximation",
    "vanishing gradients": "theory/initialization-and-normalization "
    "foundations/activations-and-losses",
    "batch normalization": "theory/initialization-and-normalization",
    "Glorot initialization": "theory/initialization-and-normalization",
    "momentum": "theory/optimizers foundations/gradients",
    "Adam": "theory/optimizers",
    "RMSprop": "theory/optimizers",
    "GradientTape": "keras/tensorflow-basics foundations/network-from-scratch",
    "functional API": "keras/keras-anatomy",
    "custom layer": "keras/keras-anatomy",
    "max pooling": "vision/convolution",
    "receptive field": "vision/convolution",
    "stride": "vision/convolution",
    "transfer learning": "vision/transfer-learning",
    "fine-tuning": "vision/transfer-learning",
    "saliency map": "vision/visualizing-convnets",
    "Grad-CAM": "vision/visualizing-convnets",
    "GRU": "sequences/recurrent-networks sequences/forecasting-weather language/character-models",
    "LSTM": "sequences/recurrent-networks sequences/forecasting-weather language/character-models",
    "temperature sampling": "language/character-models",
    "latent space": "generative/variational-autoencoders",
    "reparameterization trick": "generative/variational-autoencoders",
    # questions
    "what is a tensor": "foundations/tensors",
    "what is deep learning": "foundations/what-is-deep-learning",
    "why does my network overfit": "foundations/generalization foundations/fitting-and-capacity "
    "foundations/regularization",
    "how do I split data for testing": "foundations/evaluation foundations/universal-workflow",
    "how to predict house prices": "foundations/regression",
    "how to install": "start/setup",
    "what does a convolution compute": "vision/convolution",
    "which loss function should I use": "foundations/activations-and-losses",
    # misspellings and British spellings
    "overfiting": "foundations/generalization foundations/fitting-and-capacity",
    "backpropogation": "foundations/gradients",
    "regularisation": "foundations/regularization",
    "normalisation": "theory/initialization-and-normalization foundations/data-preparation",
    "optimiser": "theory/optimizers",
    "variational autoencodr": "generative/variational-autoencoders",
    "convolutionl network": "vision/convnets vision/convolution",
}
FIND = """async (phrases) => {
  const { find } = await import(document.querySelector('script[type=module]').src);
  const found = {};
  for (const phrase of phrases) {
    found[phrase] = (await find(phrase)).sections.map((each) => each.url);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def ranks(browser, base):
    """Return at which place of the results each phrase has a page that answers it."""
    with new_context(browser) as context:
        page = context.new_page()
        page.goto(f"{base}search.html")
        found = page.evaluate(FIND, list(PHRASES))
    return {phrase: rank(found[phrase], wanted.split()) for phrase, wanted in PHRASES.items()}


def rank(urls, wanted):
    """Return the place of the first wanted page among the different pages found, from 1."""
    pages = dict.fromkeys(url.strip("/").partition(".html")[0].partition("#")[0] for url in urls)
    return next((n for n, page in enumerate(pages, 1) if page in wanted), 99)


def test_most_phrases_lead_to_their_page_at_once(ranks):
    late = {phrase: place for phrase, place in ranks.items() if place > 1}
    assert len(late) <= 0.15 * len(ranks), late


def test_almost_all_phrases_have_their_page_within_three(ranks):
    missed = {phrase: place for phrase, place in ranks.items() if place > 3}
    assert len(missed) <= 0.03 * len(ranks), missed


def test_a_result_shows_its_section_and_chapter_and_marks_the_words(open_page):
    page = open_page("search", place="?q=receptive+field")
    chapter = page.locator("#search-results li", has=page.locator("[href*='vision/convolution.']"))
    chapter.first.wait_for()
    marked = [text.lower() for text in chapter.first.locator("mark").all_inner_texts()]
    assert any("receptive" in text for text in marked)


def test_a_corrected_query_says_what_was_looked_for(open_page):
    page = open_page("search", place="?q=backpropogation")
    page.wait_for_selector("#search-results li")
    assert "“backpropagation”" in page.inner_text("#search-progress")


def test_nothing_found_is_said(open_page):
    page = open_page("search", place="?q=qqqqwwww")
    until(page, "!/Searching|^$/.test(document.querySelector('[role=status]').innerText)")
    assert page.inner_text("#search-progress").startswith("Nothing found")
    assert page.locator("#search-results li").count() == 0


def test_the_search_needs_no_script_from_elsewhere_and_none_in_the_page(browser, base):
    with new_context(browser) as context:
        page = context.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))

        def strictly(route):
            answer = route.fetch()
            route.fulfill(
                response=answer, headers={**answer.headers, "content-security-policy": POLICY}
            )

        page.route("**/search.html*", strictly)
        page.goto(f"{base}search.html?q=dropout")
        page.wait_for_selector("#search-results li a")
    assert [url for url in asked if not url.startswith(base)] == []
