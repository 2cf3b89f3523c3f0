"""GitHub's REST API: releases and their assets, workflows and their runs."""
