"""Announcing: draft the forge release, upload its assets, and make it public.

World-changing tasks are never cached: each asks the world first. So a Retry costs a question, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.clients.forge.releases import ForgeRelease
from loadmaster.planning.plan import Tag
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.run.job import Job
from loadmaster.steps import announce
from tasks.policy import Stopwatch, asks_the_world


@asks_the_world("draft release", "draft release {tag.name}")
def draft_release(job: Job, tag: Tag, commit: str) -> ForgeRelease:
    return announce.draft_release(job, tag, commit)


@asks_the_world("upload asset", "upload asset {name}")
def upload_asset(job: Job, release: ForgeRelease, name: str, content: bytes, noted_as: str) -> ObjectRecord:
    watch = Stopwatch()
    return watch.stamp(announce.upload_asset(job, release, name, content, noted_as))


@asks_the_world("publish release", "publish release {tag.name}")
def publish_release(job: Job, tag: Tag, release: ForgeRelease, assets: Mapping[str, str]) -> ObjectRecord:
    watch = Stopwatch()
    return watch.stamp(announce.publish_release(job, tag, release, assets))
