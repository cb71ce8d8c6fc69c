"""One small page for each step kind and each hard case; judged by what the page's server received."""
