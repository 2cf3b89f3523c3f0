"""How a rehearsal's forge differs from a healthy one: one typed value, in a script or in a request."""

from loadmaster.rehearsal.forge_scenario.landing import (
    ApprovedAfter,
    MergedByPerson,
    Overtaken,
    PlayedCheck,
)
from loadmaster.rehearsal.forge_scenario.planting import AssetMishap, PlantedAsset, PlantedRelease
from loadmaster.rehearsal.forge_scenario.playing import NewerRun, PlayedEnvironment, PlayedJob
from loadmaster.rehearsal.forge_scenario.whole import HEALTHY, ForgeScenario, ForgeTokenRights, SecondaryLimit

__all__ = [
    "HEALTHY",
    "ApprovedAfter",
    "AssetMishap",
    "ForgeScenario",
    "ForgeTokenRights",
    "MergedByPerson",
    "NewerRun",
    "Overtaken",
    "PlantedAsset",
    "PlantedRelease",
    "PlayedCheck",
    "PlayedEnvironment",
    "PlayedJob",
    "SecondaryLimit",
]
