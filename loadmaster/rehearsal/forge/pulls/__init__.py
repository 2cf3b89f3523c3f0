"""Pull requests: opened, judged, merged as GitHub merges, and what other people do to them."""
