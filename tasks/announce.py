"""Announcing: draft the forge release, upload its assets, and make it public.

World-changing tasks are never cached: each asks the world first. So a Retry costs a question, and nothing is done twice.
"""

from __future__ import annotations

from loadmaster.steps.forge import announce, assets
from loadmaster.tasks.policy import asks_the_world

draft_release = asks_the_world("draft release", "draft release {tag.name}")(announce.draft_release)
upload_asset = asks_the_world("upload asset", "upload asset {name}")(announce.upload_asset)
publish_release = asks_the_world("publish release", "publish release {tag.name}")(announce.publish_release)
check_promised = asks_the_world("check assets of CI", "check assets of {tag.name}")(assets.check_promised)
