"""The manners of GitHub's API: who may ask, how often, how answers and refusals look, pages, entity tags."""
