"""A page of the docs for each error: `docs/errors/CODE.md`, made from the catalogue; `loadmaster explain CODE` prints it."""
